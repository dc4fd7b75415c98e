#!/bin/sh
# Signs an HTTP request with CS1-HMAC-SHA256 (docs/spec.md) and sends it with curl.
# Needs a POSIX shell whose printf is a builtin, curl, openssl, sha256sum and the usual POSIX tools.
#
# It does not bring a target into canonical form: one that is not canonical already is refused.
# It signs once. With -r it sends that signature again where that makes sense; it never makes a second one.
# shellcheck disable=SC2254 # lists of characters stand in brackets
# shellcheck disable=SC2018,SC2019 # ASCII letters only
set -eu
LC_ALL=C
export LC_ALL
# Out of the environment before the first child: what came from there is exported to every one.
unset secret hmac_key key_hex encoded decoded again rest tail escapes octet inner mac
secret=${COUNTERSIGN_SECRET:-}
unset COUNTERSIGN_SECRET

usage() {
	cat >&2 <<'END'
usage: sign.sh [-c | -n | -r ATTEMPTS] METHOD URL [BODY_FILE CONTENT_TYPE]
       sign.sh -v NONCE SIG VALUE

  METHOD   GET or DELETE without a body; POST, PUT or PATCH with one
  -c       print the canonical string and send nothing
  -n       print the header fields and send nothing (for curl -H @file)
  -r       send up to so often in all, always the same signature; default: 1
  -v       print what VALUE, of Countersign-Verdict, says about the request with this nonce and sig; status 1: nothing

environment:
  COUNTERSIGN_KEY          key id
  COUNTERSIGN_SECRET_FILE  file whose first line is the secret, cs1s_…
  COUNTERSIGN_SECRET       the secret itself, where there is no file
  COUNTERSIGN_SCOPE        scope; default: that of the route
  COUNTERSIGN_AUDIENCE     authority the server takes itself for; default: that of the URL
  COUNTERSIGN_TS           Unix time in milliseconds; default: now
  COUNTERSIGN_NONCE        lower-case UUID; default: a random one
END
	exit 2
}

refuse() {
	printf 'sign.sh: %s\n' "$1" >&2
	exit 2
}

# --- SHA-256 and HMAC (RFC 2104). The key goes through builtins and pipes, never to a process as an argument. ---

sha256() {
	sha256sum | cut -c1-64
}

# octal HEX MASK: the octets, each XOR MASK, as escapes for printf %b.
octal() {
	rest=$1 escapes=
	while [ -n "$rest" ]; do
		tail=${rest#??}
		octet=$((0x${rest%"$tail"} ^ $2))
		escapes="$escapes\\0$((octet >> 6))$((octet >> 3 & 7))$((octet & 7))"
		rest=$tail
	done
	printf '%s' "$escapes"
}

# octets HEX
octets() {
	printf '%b' "$(octal "$1" 0)"
}

# hmac_sha256 KEY_HEX < message
hmac_sha256() {
	key_hex=$1
	if [ ${#key_hex} -gt 128 ]; then
		key_hex=$(octets "$key_hex" | sha256)
	fi
	while [ ${#key_hex} -lt 128 ]; do
		key_hex=${key_hex}00
	done
	inner=$({
		printf '%b' "$(octal "$key_hex" 0x36)"
		cat
	} | sha256)
	{
		printf '%b' "$(octal "$key_hex" 0x5c)"
		octets "$inner"
	} | sha256
}

# --- The secret (spec 2.3). ---

# secret_hex SECRET
secret_hex() {
	case $1 in
	cs1s_*) ;;
	*) refuse 'the secret does not begin with cs1s_' ;;
	esac
	encoded=${1#cs1s_} padding=
	case $encoded in
	*[!A-Za-z0-9_-]*) refuse 'the secret is not base64url' ;;
	esac
	case $((${#encoded} % 4)) in
	1) refuse 'the secret is not base64url' ;;
	2) padding='==' ;;
	3) padding='=' ;;
	esac
	decoded=$(printf '%s%s' "$encoded" "$padding" | tr '_-' '/+' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
	[ ${#decoded} -ge 64 ] || refuse 'the secret has fewer than 32 octets'
	again=$(octets "$decoded" | openssl base64 -A | tr '/+' '_-' | tr -d '=')
	[ "$again" = "$encoded" ] || refuse 'the secret is not canonical base64url'
	printf '%s' "$decoded"
}

# --- What is canonical already (spec 2.2). ---

unreserved='A-Za-z0-9._~-'
path_characters="!\$&'()*+,;=:@/%$unreserved"
query_characters="?$path_characters"
not_canonical='is not canonical; this script signs canonical targets only'

# require_escapes WHAT TEXT: each % has two upper-case hex digits and is needed.
require_escapes() {
	case $2 in
	*% | *%? | *%[!0-9A-F]* | *%?[!0-9A-F]*) refuse "the $1 $not_canonical (% and two upper-case hex digits)" ;;
	*%2[DE]* | *%3[0-9]* | *%4[1-9A-F]* | *%5[0-9AF]* | *%6[1-9A-F]* | *%7[0-9AE]*)
		refuse "the $1 $not_canonical (an unreserved character is percent-encoded)"
		;;
	esac
}

require_path() {
	case $1 in
	*[!$path_characters]*) refuse "the path $not_canonical (a character that has to be percent-encoded)" ;;
	*%[01]* | *%7F*) refuse 'the path has an encoded control character' ;;
	esac
	require_escapes path "$1"
	case $(printf '%s/' "$1" | sed 's/%2F/\//g; s/%5C/\//g') in
	*/./* | */../* | *'/.;'* | *'/..;'*) refuse 'the path has a dot segment' ;;
	esac
}

require_query() {
	case $1 in
	*[!$query_characters]*) refuse "the query $not_canonical (a character that has to be percent-encoded)" ;;
	esac
	require_escapes query "$1"
	printf '%s\n' "$1" | awk -F'&' '
		function root(piece,   hex, at, c, octet) {
			hex = ""
			for (at = 1; at <= length(piece); at++) {
				c = substr(piece, at, 1)
				if (c == "=") break
				if (c == "%") { octet = substr(piece, at + 1, 2); at += 2 }
				else if (c == "+") octet = "20"
				else octet = code[c]
				if (octet == "5B" || octet == "2E") { if (hex == "") hex = octet; break }
				hex = hex octet
			}
			return "r" hex
		}
		BEGIN { for (i = 33; i < 127; i++) code[sprintf("%c", i)] = sprintf("%02X", i) }
		NF > 1000 { exit 1 }
		{ for (i = 2; i <= NF; i++) if (root($i) < root($(i - 1))) exit 1 }
	' || refuse "the query $not_canonical (1,000 pieces at most, in the order of their root names)"
}

# canonical_authority TEXT
canonical_authority() {
	authority=$(printf '%s' "$1" | tr 'A-Z' 'a-z')
	case $authority in
	\[*) host=${authority%%]*}] ;;
	*) host=${authority%%:*} ;;
	esac
	port=${authority#"$host"}
	case $host in
	\[*[!0-9a-f:.]*\] | \[\]) refuse 'the host is not an IPv6 address without zone' ;;
	\[*\]) ;;
	'' | *[!$unreserved]*) refuse 'the host has characters that cannot be signed' ;;
	esac
	[ ${#host} -le 255 ] || refuse 'the host is too long'
	case $port in
	'' | :80 | :443) port= ;;
	:[!1-9]* | :*[!0-9]* | :??????* | [!:]* | :) refuse 'the port is not 1 to 65535' ;;
	*) [ "${port#:}" -le 65535 ] || refuse 'the port is not 1 to 65535' ;;
	esac
	printf '%s%s' "$host" "$port"
}

require_scope() {
	case :$1: in
	::) ;;
	*[!:$unreserved]* | *::* | *:*:*:*:*:*:*:*:*:*:*) refuse 'COUNTERSIGN_SCOPE is not a scope' ;;
	esac
	[ ${#1} -le 128 ] || refuse 'COUNTERSIGN_SCOPE is not a scope'
	for segment in $(printf '%s' "$1" | tr ':' ' '); do
		[ ${#segment} -le 64 ] || refuse 'COUNTERSIGN_SCOPE is not a scope'
	done
}

# --- The request. ---

only= attempts=1
while getopts cnvr: option; do
	case $option in
	c) only=canonical ;;
	n) only=fields ;;
	v) only=verdict ;;
	r) attempts=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
case $attempts in
[1-9]) ;;
*) usage ;;
esac
case $(command -v printf) in
*/*) refuse 'printf is not a builtin of this shell: the secret would be seen in the list of processes' ;;
esac

read_key() {
	key=${COUNTERSIGN_KEY:-}
	case $key in
	'' | *[!$unreserved]* | cs1s_*) refuse 'COUNTERSIGN_KEY is not a key id' ;;
	esac
	[ ${#key} -le 64 ] || refuse 'COUNTERSIGN_KEY is not a key id'
	if [ -n "${COUNTERSIGN_SECRET_FILE:-}" ]; then
		IFS= read -r secret <"$COUNTERSIGN_SECRET_FILE" || [ -n "$secret" ] || refuse 'the secret file is empty'
	fi
	[ -n "$secret" ] || refuse 'COUNTERSIGN_SECRET_FILE or COUNTERSIGN_SECRET is needed'
	hmac_key=$(secret_hex "$secret")
}

# --- The authenticated verdict (spec 2.4). ---

# open_verdict NONCE SIG VALUE: sets code, time, dead_since and retry_after_ms, or fails: then there is no verdict.
open_verdict() {
	case $3 in
	*[!\ -~]*) return 1 ;; # a line feed too: grep would look at each line
	esac
	printf '%s\n' "$3" | grep -Eqx "code=\"[a-z-]{1,64}\", time=\"[1-9][0-9]{12}\", dead-since=\"([1-9][0-9]{12})?\", \
retry-after-ms=\"[0-9]{0,15}\", sig=\"[0-9a-f]{64}\"" || return 1
	about=$(printf '%s\n%s\n%s' "$key" "$1" "$2")
	IFS='"'
	set -f
	# shellcheck disable=SC2086 # split at the quotes
	set -- $3
	set +f
	unset IFS
	code=$2 time=$4 dead_since=$6 retry_after_ms=$8
	shift 9
	mac=$(printf 'CS1-VERDICT-HMAC-SHA256\n%s\n%s\n%s\n%s\n%s' "$about" "$code" "$time" "$dead_since" "$retry_after_ms" |
		hmac_sha256 "$hmac_key")
	# A shell does not compare in constant time; of the MACs of two MACs it tells nothing.
	[ "$(printf '%s' "$mac" | hmac_sha256 "$hmac_key")" = "$(printf '%s' "$1" | hmac_sha256 "$hmac_key")" ]
}

if [ "$only" = verdict ]; then
	[ $# -eq 3 ] || usage
	read_key
	open_verdict "$@" || exit 1
	printf 'code=%s\ntime=%s\ndead-since=%s\nretry-after-ms=%s\n' "$code" "$time" "$dead_since" "$retry_after_ms"
	exit
fi

method=$1 url=$2 body_file=/dev/null content_type=
case $method:$#:${4:-} in
GET:2: | DELETE:2:) ;;
POST:4:?* | PUT:4:?* | PATCH:4:?*) body_file=$3 content_type=$4 ;;
*) usage ;;
esac
[ "$body_file" != - ] || body_file=./- # curl would take - for its standard input

case $url in
http://* | https://*) ;;
*) refuse 'the URL does not begin with http:// or https://' ;;
esac
after_scheme=${url#*://}
url_authority=${after_scheme%%[/?#]*}
target=${after_scheme#"$url_authority"}
case $target in
/*) ;;
*) refuse "the URL has no path: write the / after the authority" ;;
esac
case $target in
*\#*) refuse 'the URL has a fragment' ;;
esac
path=${target%%\?*} query=
case $target in
*\?*) query=${target#*\?} ;;
esac
require_path "$path"
require_query "$query"
canonical_authority "$url_authority" >/dev/null
audience=$(canonical_authority "${COUNTERSIGN_AUDIENCE:-$url_authority}")

case $content_type in
*[!\ -~]* | ' '* | *' ') refuse 'the content type is not visible ASCII' ;;
esac
[ -r "$body_file" ] || refuse "cannot read $body_file"

scope=${COUNTERSIGN_SCOPE:-}
require_scope "$scope"
read_key
signed_at=$(date +%s)

ts=${COUNTERSIGN_TS:-${signed_at}000}
case $ts in
[!1-9]* | *[!0-9]*) refuse "$ts is not a time of 13 digits" ;;
?????????????) ;;
*) refuse "$ts is not a time of 13 digits" ;;
esac
nonce=${COUNTERSIGN_NONCE:-$(openssl rand -hex 16 | sed 's/\(.\{8\}\)\(.\{4\}\)\(.\{4\}\)\(.\{4\}\)/\1-\2-\3-\4-/')}
case $nonce in
*[!0-9a-f-]* | *-*-*-*-*-*) refuse "$nonce is not a lower-case UUID" ;;
????????-????-????-????-????????????) ;;
*) refuse "$nonce is not a lower-case UUID" ;;
esac
digest=$(sha256 <"$body_file")

# The fields that a verifier demands (spec 2.2.6): of those, this script sends none but content-type.
signed_names=
[ -z "$content_type" ] || signed_names=content-type

canonical_string() {
	printf 'CS1-HMAC-SHA256\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s' \
		"$method" "$audience" "$path" "$query" "$digest" "$ts" "$nonce" "$key" "$scope"
	[ -z "$content_type" ] || printf '\ncontent-type:%s' "$content_type"
}

if [ "$only" = canonical ]; then
	canonical_string
	exit
fi

sig=$(canonical_string | hmac_sha256 "$hmac_key")

fields() {
	[ -z "$content_type" ] || printf 'Content-Type: %s\n' "$content_type"
	printf 'Authorization: CS1-HMAC-SHA256 key="%s", ts="%s", nonce="%s", scope="%s", digest="%s", headers="%s", sig="%s"\n' \
		"$key" "$ts" "$nonce" "$scope" "$digest" "$signed_names" "$sig"
}

if [ "$only" = fields ]; then
	fields
	exit
fi

# --- Sending: one signature, however often (spec 4). ---

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# -q: no .curlrc, which could add fields or follow redirects. The signature comes on standard input, not among the
# arguments: whoever could read it in time could send the request first.
set -- -q --silent --show-error --fail-with-body --globoff --path-as-is --request "$method" --header @- \
	--dump-header "$work/head" --output "$work/body"
[ -z "$content_type" ] || set -- "$@" --data-binary "@$body_file"

# The value of Countersign-Verdict in the last head that came, or nothing, when it does not stand on one line.
verdict_value() {
	awk '
		{ sub(/\r$/, ""); line = tolower($0) }
		line ~ /^http\// { lines = 0 }
		line ~ /^countersign-verdict:/ { lines++; value = substr($0, 21) }
		END { gsub(/^[ \t]+|[ \t]+$/, "", value); if (lines == 1) print value }
	' "$work/head"
}

# finish STATUS MESSAGE: the body of the last answer, and how the call ended.
finish() {
	[ ! -f "$work/body" ] || cat "$work/body"
	[ -z "$2" ] || printf 'sign.sh: %s\n' "$2" >&2
	exit "$1"
}

# again SECONDS: waits and returns, when the same signature may be sent once more after that.
again() {
	sent=$((sent + 1))
	[ "$sent" -le "$attempts" ] && [ "$1" -le 30 ] && [ $(($(date +%s) - signed_at + $1)) -lt 240 ] && sleep "$1"
}

sent=1 backoff=1 lost=
while :; do
	rm -f "$work/head" "$work/body"
	status=0
	fields | curl "$@" --url "$url" || status=$?
	code=
	case $status in
	0) finish 0 '' ;;
	22) open_verdict "$nonce" "$sig" "$(verdict_value)" || finish 22 'refused, but nobody who has the secret says so' ;;
	*)
		lost=' (or an earlier attempt was admitted: its answer is lost)'
		if again $backoff; then
			backoff=$((backoff * 2))
			continue
		fi
		finish "$status" 'no answer: it is not known whether the request was executed'
		;;
	esac
	case $code in
	rate-limited | store-unavailable)
		if [ ${#retry_after_ms} -gt 9 ] || { [ -z "$retry_after_ms" ] && [ $code = rate-limited ]; }; then
			seconds=31
		elif [ -z "$retry_after_ms" ]; then
			seconds=$backoff
		else
			seconds=$(((retry_after_ms + 999) / 1000))
		fi
		again $seconds && continue
		[ $code = rate-limited ] || finish 111 "the server cannot count requests now, and admitted nothing$lost"
		[ -n "$retry_after_ms" ] || finish 110 "the request costs more than a limit allows$lost"
		finish 110 "rate limited, again in $retry_after_ms ms$lost"
		;;
	replayed-nonce) finish 114 'this signature was admitted before: do not send the request anew' ;;
	stale-timestamp | future-timestamp | store-recovering)
		finish 112 "$code: signed at $ts, the server's clock says $time"
		;;
	*) finish 22 "refused: $code" ;;
	esac
done
