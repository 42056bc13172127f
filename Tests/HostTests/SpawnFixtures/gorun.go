package main

import "os/exec"

//go:noinline
func launch() error { return exec.Command("/bin/true").Run() }

func main() {
	if launch() != nil {
		panic("run")
	}
}
