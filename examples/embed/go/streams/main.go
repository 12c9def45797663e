// Many streams at once, one of them cancelled in the middle: go run ./streams [how many] [which to cancel]
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"gatelet.example/gatelet"
)

func main() {
	count, cancelled := argument(1, 100), argument(2, 42)
	client, err := gatelet.New("")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer client.Close()

	var all sync.WaitGroup
	lines := make(chan string)
	for i := 0; i < count; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			lines <- read(client, i, i == cancelled)
		}(i)
	}
	go func() { all.Wait(); close(lines) }()
	for line := range lines {
		fmt.Println(line)
	}
}

func read(client *gatelet.Client, number int, leave bool) string {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request := fmt.Sprintf(`{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "stream %d"}]}`, number)
	stream, err := client.Stream(ctx, gatelet.ChatStream, request, "")
	if err != nil {
		return fmt.Sprint(number, " ", err)
	}
	text := ""
	for event := range stream.Events {
		text += event.Text
		if leave && text != "" {
			cancel()
		}
	}
	outcome := "ok"
	if err := stream.Err(); errors.Is(err, context.Canceled) {
		outcome = "cancelled"
	} else if err != nil {
		outcome = err.Error()
	}
	return fmt.Sprint(number, " ", outcome, " ", text)
}

func argument(position, otherwise int) int {
	if position < len(os.Args) {
		if number, err := strconv.Atoi(os.Args[position]); err == nil {
			return number
		}
	}
	return otherwise
}
