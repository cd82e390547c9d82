// SPDX-License-Identifier: BSD-2-Clause

// windows.go: goroutines that fight over a lock, or pass elements through a channel, for so long.
package main

import (
	"sync"
	"time"
)

// lock: what is counted under it has to be what was counted beside it.
func lock(kind string, workers, ns int, done *sync.WaitGroup) {
	var together, apart uint64
	var m sync.Mutex
	c := make(chan struct{}, 1)
	c <- struct{}{}
	gate := make(chan struct{})
	count := make([]counter, workers)
	byChan := func(mine *counter) {
		for !stopped() {
			<-c
			together++
			c <- struct{}{}
			mine.n++
		}
	}
	byMutex := func(mine *counter) {
		for !stopped() {
			m.Lock()
			together++
			m.Unlock()
			mine.n++
		}
	}
	work, known := map[string]func(*counter){"chan": byChan, "mutex": byMutex}[kind]
	if !known {
		fail(64, "no such lock: "+kind)
	}
	for i := range count {
		done.Add(1)
		go func(mine *counter) {
			defer done.Done()
			<-gate
			work(mine)
		}(&count[i])
	}
	window(ns, gate, done.Wait, count)
	for i := range count {
		apart += count[i].n
	}
	if apart != together {
		fail(1, "lost updates: two were in the section at once")
	}
}

// queue: no element is 0, all differ, and what was sent has to be what was received.
func queue(pairs, slots, ns int, done *sync.WaitGroup) {
	var sum uint64
	var receivers sync.WaitGroup
	c := make(chan uint64, slots)
	gate := make(chan struct{})
	sent, received := make([]counter, pairs), make([]counter, pairs)
	for i := 0; i < pairs; i++ {
		done.Add(1)
		receivers.Add(1)
		go func(mine *counter, next uint64) {
			defer done.Done()
			<-gate
			for ; !stopped(); next += uint64(pairs) {
				c <- next
				mine.sum += next
			}
		}(&sent[i], uint64(i+1))
		go func(mine *counter) {
			defer receivers.Done()
			for v := range c {
				mine.sum += v
				if !stopped() {
					mine.n++
				}
			}
		}(&received[i])
	}
	window(ns, gate, func() { done.Wait(); close(c); receivers.Wait() }, received)
	for i := range sent {
		sum += sent[i].sum - received[i].sum
	}
	if sum != 0 {
		fail(1, "elements were lost or came twice")
	}
}

// spin takes about so long.
func spin(turns int) {
	for ; turns > 0; turns-- {
	}
}

// turns in ns, by the best of some short runs.
func turnsOf(ns int) int {
	const turns = 200000
	best := time.Hour
	for i := 0; i < 20; i++ {
		began := time.Now()
		spin(turns)
		if took := time.Since(began); took < best {
			best = took
		}
	}
	return ns * turns / int(best)
}

// rally: one round trip is one operation; each side thinks before it answers.
func rally(ns, insideNs int, done *sync.WaitGroup) {
	there, back := make(chan uint64, 1), make(chan uint64, 1)
	gate := make(chan struct{})
	count := make([]counter, 1)
	turns := turnsOf(insideNs)
	done.Add(2)
	go func() {
		defer done.Done()
		<-gate
		for next := uint64(1); !stopped(); next++ {
			spin(turns)
			there <- next
			if <-back != next {
				fail(1, "the wrong element came back")
			}
			count[0].n++
		}
		close(there)
	}()
	go func() {
		defer done.Done()
		for v := range there {
			spin(turns)
			back <- v
		}
	}()
	window(ns, gate, done.Wait, count)
}
