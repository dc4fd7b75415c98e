#!/bin/sh
# Tests sign.sh: sh test.sh. Exits with 1 when a test fails. Sends nothing over a network.
# shellcheck disable=SC2086 # $shell may be two words
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

tests=0 failed=0
check() { # NAME EXPECTED ACTUAL
	tests=$((tests + 1))
	[ "$2" = "$3" ] && return
	failed=$((failed + 1))
	printf 'FAILED %s: %s\n  expected: %s\n  got:      %s\n' "$shell" "$1" "$2" "$3"
}

# run [VARIABLE=VALUE] ARGUMENTS: sign.sh under the shell under test; standard error is added to $work/err.
run() {
	assignment=COUNTERSIGN_KEY=$COUNTERSIGN_KEY
	case $1 in
	COUNTERSIGN_*=*) assignment=$1 && shift ;;
	esac
	env "$assignment" $shell ./sign.sh "$@" 2>>"$work/err"
}

secret=cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8
secret_hex=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
COUNTERSIGN_KEY=key_live_1
COUNTERSIGN_TS=1763750000000
COUNTERSIGN_NONCE=0f8fad5b-d9cb-469f-a165-70867728950e
COUNTERSIGN_SECRET=$secret
export COUNTERSIGN_KEY COUNTERSIGN_TS COUNTERSIGN_NONCE COUNTERSIGN_SECRET
unset COUNTERSIGN_SCOPE COUNTERSIGN_AUDIENCE COUNTERSIGN_SECRET_FILE
url='https://API.example.com:443/v1/orders/~eu?limit=20&sort=-created&tag=b&tag=a'
printf '{"amount":1299}' >"$work/body.json"
printf '%s\n' "$secret" >"$work/secret"

# --- docs/spec.md 2.5 ---

worked_examples() {
	got=$(run COUNTERSIGN_SCOPE=orders:write -n POST "$url" "$work/body.json" application/json)
	check 'example 1' "Content-Type: application/json
Authorization: CS1-HMAC-SHA256 key=\"key_live_1\", ts=\"1763750000000\", nonce=\"0f8fad5b-d9cb-469f-a165-70867728950e\", scope=\"orders:write\", digest=\"2ed78cb54f07ab0b5e1d035c86dc3585ac044786b8398d4cbeda2e3b0814e4fb\", headers=\"content-type\", sig=\"0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088\"" "$got"

	got=$(run -n GET https://api.example.com/v1/orders)
	check 'example 2' "Authorization: CS1-HMAC-SHA256 key=\"key_live_1\", ts=\"1763750000000\", nonce=\"0f8fad5b-d9cb-469f-a165-70867728950e\", scope=\"\", digest=\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\", headers=\"\", sig=\"05a88f6335cab38350b18dbbdfeee1398c5a7f53c6771b38a7b9264a6da5ace1\"" "$got"

	got=$(run COUNTERSIGN_SCOPE=orders:write -c POST "$url" "$work/body.json" application/json | sha256sum | cut -c1-64)
	check 'canonical string of example 1' adfc079038ffef535de23df07215613abbd059e4bfdce4293da21dfa093159d8 "$got"
	got=$(run -c GET https://api.example.com/v1/orders | sha256sum | cut -c1-64)
	check 'canonical string of example 2' 2d52fcc210f0d01f91258a33b6c71d351723310fcf9ca69290ccc6ad1b410d1d "$got"

	got=$(unset COUNTERSIGN_SECRET && run COUNTERSIGN_SECRET_FILE=$work/secret -n GET https://api.example.com/v1/orders)
	check 'a secret from a file' 05a88f6335cab38350b18dbbdfeee1398c5a7f53c6771b38a7b9264a6da5ace1 "$(sig_of "$got")"
	printf '%s' "$secret" >"$work/no-line-end"
	got=$(unset COUNTERSIGN_SECRET && run COUNTERSIGN_SECRET_FILE=$work/no-line-end -n GET https://api.example.com/v1/orders)
	check 'a secret from a file without a line end' 05a88f6335cab38350b18dbbdfeee1398c5a7f53c6771b38a7b9264a6da5ace1 "$(sig_of "$got")"
	got=$(run COUNTERSIGN_AUDIENCE=Api.Example.com -n GET https://10.0.0.7:8443/v1/orders)
	check 'an audience of its own' 05a88f6335cab38350b18dbbdfeee1398c5a7f53c6771b38a7b9264a6da5ace1 "$(sig_of "$got")"
}

sig_of() {
	printf '%s' "$1" | sed -n 's/.*, sig="\([0-9a-f]*\)"$/\1/p'
}

# --- HMAC by sha256sum against that of openssl, with throw-away secrets of every kind of length ---

hmacs() {
	for octets in 32 33 34 63 64 65 100; do
		openssl rand "$octets" >"$work/random"
		hex=$(od -An -v -tx1 <"$work/random" | tr -d ' \n')
		throw_away=cs1s_$(openssl base64 -A <"$work/random" | tr '/+' '_-' | tr -d '=')
		got=$(run COUNTERSIGN_SECRET=$throw_away -n GET https://api.example.com/v1/orders)
		expected=$(run COUNTERSIGN_SECRET=$throw_away -c GET https://api.example.com/v1/orders |
			openssl dgst -sha256 -mac HMAC -macopt "hexkey:$hex" -r | cut -c1-64)
		check "a secret of $octets octets" "$expected" "$(sig_of "$got")"
	done
}

# --- what is refused, with exit status 2 and without a signature ---

refused() { # NAME, then what run takes
	name=$1
	shift
	got=$(run "$@")
	check "$name" '2, nothing' "$?, ${got:-nothing}"
}

targets() {
	while IFS='|' read -r verdict target; do
		[ -n "$verdict" ] || continue
		got=$(run -n GET "https://api.example.com$target")
		status=$?
		sig=$(sig_of "$got")
		check "$verdict https://api.example.com$target" "$verdict" "$([ $status = 0 ] && [ ${#sig} = 64 ] && echo accepted || echo "refused${got:+, but signed}")"
	done <<'END'
accepted|/
accepted|/az-AZ.09_~!$&'()*+,;=:@//
accepted|/caf%C3%A9%20%2F%5C%25%7B%3B
accepted|/...;x/.well-known/a../;../..%3B
accepted|/%252e%252e/x
accepted|/?
accepted|/?a=2&a=1
accepted|/?a%5Bx%5D=1&a=2&a.y=3&b=0
accepted|/?a=2&a%5Bx%5D=1
accepted|/?a+b=1&a%20b=2
accepted|/?=2&.x=1&%5Bx%5D=1&a=3
accepted|/?%5By%5D=1&%5Bx%5D=2
accepted|/?B=2&_=3&a=1
accepted|/?a=2&a-b=1&a0=3
accepted|/?z=2&%C3%A9=1&%E2%82%AC=3
accepted|/?&&a&b
accepted|/?a=/:@?%00
refused|
refused|?a=1
refused|/%7eeu
refused|/%7Eeu
refused|/%41
refused|/caf%c3%a9
refused|/a%
refused|/a%4
refused|/a%zz
refused|/a b
refused|/a"b
refused|/[a]
refused|/a\b
refused|/a#b
refused|/café
refused|/a%00
refused|/a%1F
refused|/a%7F
refused|/.
refused|/a/../b
refused|/a/.;x
refused|/a/..;x/b
refused|/a%2F..
refused|/..%5Cb
refused|/?b=1&a=1
refused|/?sort=-created&limit=20
refused|/?ab=1&a=1
refused|/?a%5Bx%5D=1&b=2&a=3
refused|/?a=3&%5Bx%5D=1
refused|/?.x=1&=2
refused|/?%5Bx%5D=1&.x=2
refused|/?%C3%A9=1&z=2
refused|/?b&
refused|/?a[x]=1
refused|/?a=%7e
refused|/?a=%c3
refused|/?a=1#b
refused|/?a=é
END
	many=$(awk 'BEGIN { for (i = 1; i < 1000; i++) printf "&" }')
	run -n GET "https://api.example.com/?$many" >"$work/out"
	check '1,000 pieces are accepted' 0 $?
	refused '1,001 pieces' -n GET "https://api.example.com/?$many&"
	refused 'a line feed in the target' -n GET 'https://api.example.com/a
b'
}

inputs() {
	refused 'no URL' -n GET
	refused 'ten attempts' -r 10 GET https://api.example.com/
	refused 'GET with a body' -n GET https://api.example.com/ "$work/body.json" text/plain
	refused 'POST without a body' -n POST https://api.example.com/
	refused 'POST without a content type' -n POST https://api.example.com/ "$work/body.json"
	refused 'an empty content type' -n POST https://api.example.com/ "$work/body.json" ''
	refused 'a content type beyond ASCII' -n POST https://api.example.com/ "$work/body.json" 'text/é'
	refused 'a content type of two lines' -n POST https://api.example.com/ "$work/body.json" 'text/plain
X-Injected: 1'
	refused 'a body file that is not there' -n POST https://api.example.com/ "$work/none" text/plain
	refused 'CONNECT' -n CONNECT https://api.example.com/
	refused 'a method in lower case' -n get https://api.example.com/
	refused 'another scheme' -n GET ftp://api.example.com/
	refused 'userinfo' -n GET https://user@api.example.com/
	refused 'port 0' -n GET https://api.example.com:0/
	refused 'port 65536' -n GET https://api.example.com:65536/
	refused 'a port with a leading zero' -n GET https://api.example.com:0443/
	refused 'an empty port' -n GET https://api.example.com:/
	refused 'no host' -n GET https:///a
	refused 'an IPv6 zone' -n GET 'https://[fe80::1%25eth0]/'
	got=$(run -c GET 'https://[2001:DB8::1]:8443/' | sed -n 3p)
	check 'an IPv6 authority' '[2001:db8::1]:8443' "$got"
	got=$(run -c GET http://API.example.com:80/ | sed -n 3p)
	check 'port 80 is removed' api.example.com "$got"
	refused 'a scope with an empty segment' COUNTERSIGN_SCOPE=a::b -n GET https://api.example.com/
	refused 'a scope of nine segments' COUNTERSIGN_SCOPE=a:b:c:d:e:f:g:h:i -n GET https://api.example.com/
	got=$(run COUNTERSIGN_SCOPE=a:b:c:d:e:f:g:h -c GET https://api.example.com/ | sed -n 10p)
	check 'a scope of eight segments' a:b:c:d:e:f:g:h "$got"
	refused 'an asterisk for a scope' 'COUNTERSIGN_SCOPE=*' -n GET https://api.example.com/
	refused 'a key with a slash' COUNTERSIGN_KEY=a/b -n GET https://api.example.com/
	refused 'a secret for a key' COUNTERSIGN_KEY=$secret -n GET https://api.example.com/
	refused 'a time with a leading zero' COUNTERSIGN_TS=0763750000000 -n GET https://api.example.com/
	refused 'a time in seconds' COUNTERSIGN_TS=1763750000 -n GET https://api.example.com/
	refused 'a nonce in upper case' COUNTERSIGN_NONCE=0F8FAD5B-D9CB-469F-A165-70867728950E -n GET https://api.example.com/
	refused 'no secret' COUNTERSIGN_SECRET= -n GET https://api.example.com/
	refused 'a secret without its prefix' COUNTERSIGN_SECRET=${secret#cs1s_} -n GET https://api.example.com/
	refused 'a secret whose unused bits are not zero' COUNTERSIGN_SECRET=${secret%8}9 -n GET https://api.example.com/
	refused 'a secret with padding' COUNTERSIGN_SECRET=$secret= -n GET https://api.example.com/
	refused 'a secret of 31 octets and a half' COUNTERSIGN_SECRET=${secret%8} -n GET https://api.example.com/
	refused 'a secret of 3 octets' COUNTERSIGN_SECRET=cs1s_AAAA -n GET https://api.example.com/
	check 'no message quotes the secret' '' "$(grep -h -e AAECAwQF -e AAAA "$work/err")"

	got=$(unset COUNTERSIGN_TS COUNTERSIGN_NONCE && run -c GET https://api.example.com/ | sed -n '7,8p' | tr '0-9a-f' '[0*]' | tr '\n' ' ')
	check 'a time and a nonce of its own' '0000000000000 00000000-0000-0000-0000-000000000000 ' "$got"
	one=$(unset COUNTERSIGN_NONCE && run -c GET https://api.example.com/ | sed -n 8p)
	other=$(unset COUNTERSIGN_NONCE && run -c GET https://api.example.com/ | sed -n 8p)
	check 'a fresh nonce each time' different "$([ "$one" != "$other" ] && echo different || echo the same)"
}

# --- what other processes can see: each tool is wrapped, and writes down its arguments and environment ---

visibility() {
	mkdir -p "$work/bin"
	: >"$work/seen"
	for tool in awk cat cut date grep mktemp od openssl rm sed sha256sum sleep tr; do
		cat >"$work/bin/$tool" <<END
#!/bin/sh
{ printf '%s\n' "$tool" "\$@"; env; } >>"$work/seen"
exec $(command -v "$tool") "\$@"
END
	done
	cat >"$work/bin/curl" <<END
#!/bin/sh
{ printf '%s\n' curl "\$@"; env; } >>"$work/seen"
printf '%s\n' "\$@" >"$work/curl-arguments"
cat >"$work/curl-input"
END
	chmod +x "$work/bin"/*
	(
		hmac_key=inherited key_hex=inherited encoded=inherited PATH=$work/bin:$PATH
		export hmac_key key_hex encoded PATH
		run COUNTERSIGN_SCOPE=orders:write POST "$url" "$work/body.json" application/json
	)
	check 'sending ends well' 0 $?
	check 'the tools were watched' 'awk curl openssl sha256sum' "$(grep -x -e awk -e curl -e openssl -e sha256sum "$work/seen" | sort -u | tr '\n' ' ' | sed 's/ $//')"
	check 'no process has the secret' '' "$(grep -e "$secret" -e "${secret#cs1s_}" -e "$secret_hex" "$work/seen")"
	check 'no process has the signature among its arguments' '' "$(grep 0c5ad1a843d16a3b "$work/seen")"
	check 'curl reads the fields' 'Content-Type: application/json
0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088' "$(sed -n 1p "$work/curl-input")
$(sig_of "$(sed -n 2p "$work/curl-input")")"
	check 'curl sends what was signed' "-q
--silent
--show-error
--fail-with-body
--globoff
--path-as-is
--request
POST
--header
@-
--dump-header
head
--output
body
--data-binary
@$work/body.json
--url
$url" "$(sed 's|^/.*/\(head\)$|\1|; s|^/.*/\(body\)$|\1|' "$work/curl-arguments")"
}

# --- docs/spec.md 2.5, example 3, and what is no verdict ---

verdicts() {
	nonce=$COUNTERSIGN_NONCE
	sig=0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088
	value='code="rate-limited", time="1763750000123", dead-since="", retry-after-ms="1500", sig="f3277da19b1a7d62b7f0cc951f967527a57227942c9669ee5bc1d133a056fa95"'
	check 'example 3' 'code=rate-limited
time=1763750000123
dead-since=
retry-after-ms=1500' "$(run -v "$nonce" "$sig" "$value")"
	for wrong in "$(printf '%s' "$value" | tr 5 6)" "$value " " $value" "$value
$value" '' "$(printf '%s' "$value" | sed 's/rate-limited/admitted/')"; do
		got=$(run -v "$nonce" "$sig" "$wrong")
		check "no verdict: $wrong" '1, nothing' "$?, ${got:-nothing}"
	done
	got=$(run COUNTERSIGN_KEY=key_live_2 -v "$nonce" "$sig" "$value")
	check 'a verdict for another key' '1, nothing' "$?, ${got:-nothing}"
}

for shell in sh dash 'bash --posix' ksh 'busybox sh'; do
	command -v "${shell%% *}" >/dev/null || continue
	$shell -n ./sign.sh
	check 'the syntax' 0 $?
	worked_examples
	hmacs
	targets
	inputs
	verdicts
	visibility
done
printf '%s tests, %s failed\n' "$tests" "$failed"
[ "$failed" -eq 0 ]
