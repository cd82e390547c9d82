// SPDX-License-Identifier: BSD-2-Clause

// main.go: Go's own channels and mutex, measured as the C rows are, for pawl-bench, which starts it once for each
// measurement (bench/rows/go.c).
//
//	pawl-bench-go act chan|mutex ACT          one line: nanoseconds of one operation (bench/act.h), the median of some runs
//	pawl-bench-go lock chan|mutex N NS        N goroutines use one lock for so long
//	pawl-bench-go queue PAIRS SLOTS NS        so many senders and receivers of one channel
//	pawl-bench-go rally NS INSIDE_NS          two goroutines send one element to and fro
//
// The last three print seconds, nanoseconds of CPU time, context switches, and the operations of each worker. Each checks
// what it did; exit status 1, and a reason on stderr, if it went wrong; 64 for wrong usage.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func fail(status int, why string) {
	fmt.Fprintln(os.Stderr, "pawl-bench-go:", why)
	os.Exit(status)
}

func number(at int) int {
	n, err := strconv.Atoi(os.Args[at])
	if err != nil || n < 0 {
		fail(64, "not a number: "+os.Args[at])
	}
	return n
}

// word is an argument; "" if it is missing.
func word(at int) string {
	if at < len(os.Args) {
		return os.Args[at]
	}
	return ""
}

// stop ends the workers of a window.
var stop uint32

func stopped() bool { return atomic.LoadUint32(&stop) != 0 }

// counter is one worker's, on cache lines of its own.
type counter struct {
	n, sum uint64
	_      [112]byte
}

func usage() (cpu, switches int64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return u.Utime.Nano() + u.Stime.Nano(), u.Nvcsw + u.Nivcsw
}

// window lets the workers, who wait for gate, run for ns; finish ends them; the first `counted` are reported.
func window(ns int, gate chan struct{}, finish func(), workers []counter) {
	cpu, switches := usage()
	began := time.Now()
	close(gate)
	time.Sleep(time.Duration(ns))
	seconds := time.Since(began).Seconds()
	atomic.StoreUint32(&stop, 1)
	finish()
	cpuEnd, switchesEnd := usage()
	fmt.Print(seconds, " ", cpuEnd-cpu, " ", switchesEnd-switches)
	for i := range workers {
		fmt.Print(" ", workers[i].n)
	}
	fmt.Println()
}

func main() {
	var done sync.WaitGroup
	switch {
	case len(os.Args) == 4 && word(1) == "act":
		act(word(2), word(3))
	case len(os.Args) == 5 && word(1) == "lock":
		lock(word(2), number(3), number(4), &done)
	case len(os.Args) == 5 && word(1) == "queue":
		queue(number(2), number(3), number(4), &done)
	case len(os.Args) == 4 && word(1) == "rally":
		rally(number(2), number(3), &done)
	default:
		fail(64, "see the head of bench/go/main.go")
	}
}
