// SPDX-License-Identifier: BSD-2-Clause

// act.go: single operations of one goroutine (bench/act.h).
package main

import (
	"fmt"
	"sort"
	"sync"
	"time"
)

const (
	runNs = 50000
	runs  = 5
)

// The loops are written out: a call through a function value would be measured with them.

func chanPair(c chan struct{}, n int) {
	for ; n > 0; n-- {
		<-c
		c <- struct{}{}
	}
}

func chanTry(c chan struct{}, n int) {
	for ; n > 0; n-- {
		select {
		case <-c:
		default:
			fail(1, "a try was refused")
		}
		c <- struct{}{}
	}
}

func chanRefused(c chan struct{}, n int) {
	<-c
	for ; n > 0; n-- {
		select {
		case <-c:
			fail(1, "a try was not refused")
		default:
		}
	}
	c <- struct{}{}
}

// One timer, set again each time: a new one costs ten times as much.
func chanTimed(c chan struct{}, n int) {
	timer := time.NewTimer(time.Second)
	for ; n > 0; n-- {
		timer.Reset(time.Second)
		select {
		case <-c:
		case <-timer.C:
			fail(1, "a lock was not had in time")
		}
		timer.Stop()
		c <- struct{}{}
	}
}

func mutexPair(m *sync.Mutex, n int) {
	for ; n > 0; n-- {
		m.Lock()
		m.Unlock()
	}
}

func mutexTry(m *sync.Mutex, n int) {
	for ; n > 0; n-- {
		if !m.TryLock() {
			fail(1, "a try was refused")
		}
		m.Unlock()
	}
}

func mutexRefused(m *sync.Mutex, n int) {
	m.Lock()
	for ; n > 0; n-- {
		if m.TryLock() {
			fail(1, "a try was not refused")
		}
	}
	m.Unlock()
}

// choose returns a function that does the operation so many times.
func choose(kind, name string) func(n int) {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	m := new(sync.Mutex)
	switch kind + " " + name {
	case "chan pair":
		return func(n int) { chanPair(c, n) }
	case "chan try":
		return func(n int) { chanTry(c, n) }
	case "chan refused":
		return func(n int) { chanRefused(c, n) }
	case "chan timed+clock":
		return func(n int) { chanTimed(c, n) }
	case "mutex pair":
		return func(n int) { mutexPair(m, n) }
	case "mutex try":
		return func(n int) { mutexTry(m, n) }
	case "mutex refused":
		return func(n int) { mutexRefused(m, n) }
	}
	fail(64, "no such operation: "+kind+" "+name)
	return nil
}

// act prints what the operation takes: runs as long as those in C, after one to see how many times that is.
func act(kind, name string) {
	var ns [runs]float64
	do := choose(kind, name)
	time1 := func(n int) float64 {
		began := time.Now()
		do(n)
		return float64(time.Since(began).Nanoseconds()) / float64(n)
	}
	time1(1000)
	n := int(runNs/time1(1000)) + 1
	for i := range ns {
		ns[i] = time1(n)
	}
	sort.Float64s(ns[:])
	fmt.Println(ns[runs/2])
}
