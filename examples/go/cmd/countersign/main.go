// Command countersign sends a signed request, and answers the published vectors.
//
//	COUNTERSIGN_KEY=… COUNTERSIGN_SECRET=cs1s_… countersign send [-scope S] [-type T] METHOD URL [<body]
//	countersign vectors     # for: countersign vectors --run 'countersign vectors' --task sign open-verdict
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"

	"countersign.example"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		var end *countersign.CallError
		if errors.As(err, &end) {
			fmt.Fprintln(os.Stderr, "outcome:", end.Outcome)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == "vectors" {
		return answerVectors(os.Stdin, os.Stdout)
	}
	flags := flag.NewFlagSet("countersign send", flag.ExitOnError)
	scope := flags.String("scope", "", "scope; default: that of the route")
	contentType := flags.String("type", "", "Content-Type; the body is standard input then")
	attempts := flags.Int("attempts", 4, "how often to send at most")
	if len(args) == 0 || args[0] != "send" || flags.Parse(args[1:]) != nil || flags.NArg() != 2 {
		return errors.New("usage: countersign send [-scope S] [-type T] [-attempts N] METHOD URL | countersign vectors")
	}
	signer, err := countersign.NewSigner(countersign.Config{
		KeyID: os.Getenv("COUNTERSIGN_KEY"), Secret: os.Getenv("COUNTERSIGN_SECRET"), Scope: *scope,
	})
	if err != nil {
		return err
	}
	client := &http.Client{
		Transport:     &countersign.Transport{Signer: signer, Attempts: *attempts},
		CheckRedirect: countersign.CheckRedirect,
	}
	var body io.Reader
	if *contentType != "" {
		body = os.Stdin
	}
	request, err := http.NewRequestWithContext(ctx, flags.Arg(0), flags.Arg(1), body)
	if err != nil {
		return err
	}
	if *contentType != "" {
		request.Header.Set("Content-Type", *contentType)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	fmt.Fprintln(os.Stderr, response.Status)
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}
