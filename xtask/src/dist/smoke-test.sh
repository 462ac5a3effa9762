#!/bin/sh
# Says whether this copy of ARR-COC works on this machine.
#
#     sh smoke-test.sh
#
# It uses every command once, on what lies beside it: no network, nothing to
# install, and no program but a shell and those of coreutils. It writes into a
# temporary folder that it removes. It ends with 0 and one line that says what
# works, or with 1 and one line that says what is wrong.
set -u
LC_ALL=C
export LC_ALL
unset ARRCOC_PLUGIN_PATH ARRCOC_WORKER ARRCOC_CACHE

question='What is the licence plate?'
budget=43210

fail() {
    printf 'smoke test: %s\n' "$1" >&2
    exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || fail 'cannot find the folder of this script'
scratch=$(mktemp -d) || fail 'cannot make a temporary folder; set TMPDIR to one that can be written'
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
HOME=$scratch
XDG_CACHE_HOME=$scratch
export HOME XDG_CACHE_HOME

# run COMMAND ARGUMENT…: what it prints is in $scratch/out afterwards.
run() {
    name=$1
    shift
    "$here/$name" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    [ "$status" -eq 0 ] && return
    said=$(head -n 1 "$scratch/err")
    [ -n "$said" ] || said=$(tail -n 1 "$scratch/out")
    fail "\`$name $*\` ended with $status: $said"
}

# Every file is as it was packed.
[ -f "$here/SHA256SUMS" ] || fail 'SHA256SUMS is missing'
while read -r sum path; do
    path=${path#\*}
    [ -f "$here/$path" ] || fail "$path is missing"
    found=$(sha256sum "$here/$path") || fail "$path cannot be read"
    found=${found#\\}
    [ "${found%% *}" = "$sum" ] || fail "$path is not as it was packed"
done <"$here/SHA256SUMS"

# Without it a program does not know where it lies itself.
[ -e /proc/self/exe ] || fail '/proc is not mounted: mount it, then try again'

# The commands start, and are of one version.
version=
for name in arrcoc arrcoc-worker arrcoc-conformance; do
    run "$name" --version
    read -r called number <"$scratch/out"
    [ "$called" = "$name" ] || fail "\`$name --version\` says that it is \`$called\`"
    version=${version:-$number}
    [ "$number" = "$version" ] || fail "$name is of version $number, and arrcoc of $version"
done

# Every plugin that came along is found and usable; one that drives a device may lack it.
# plugins PLACE ARGUMENT…: PLACE is where those run that drive no device.
plugins() {
    place=$1
    shift
    run arrcoc plugins list "$@"
    while read -r _ library; do
        line= after=
        while IFS= read -r row; do
            case $row in
                *"$here/plugins/$library") line=$row ;;
                [!\ ]*) [ -n "$line" ] && break ;;
                *) [ -n "$line" ] && after="$after$row;" ;;
            esac
        done <"$scratch/out"
        device=
        case $library in *_cuda.*|*_wgpu.*) device=yes ;; esac
        case $line in
            usable*) ;;
            unavailable*) [ -n "$device" ] || fail "the plugin $library is unavailable:$after" ;;
            '') fail "the plugin $library is not found" ;;
            *) fail "the plugin $library is ${line%% *}:$after" ;;
        esac
        [ -n "$device" ] && continue
        case $place,$after in
            here,*'a process of its own'*) fail "the plugin $library is not the one that came with this command" ;;
            apart,*'a process of its own'*|here,*) ;;
            *) fail "the plugin $library does not run in a process of its own" ;;
        esac
    done <"$here/plugins/shipped.b3"
}
plugins here
plugins apart --isolation worker

# A decision, with a question and a picture that is here: in this process, and with plugins in theirs.
locked=
[ -f "$here/arrcoc.lock" ] && locked=--locked
decide() {
    run arrcoc allocate "$here/examples/form.jpg" --query "$question" --budget "$budget" --strict $locked \
        --json "$scratch/$1.json" --log "$scratch/ledger" --overlay "$scratch/overlay.png" $2
    [ -s "$scratch/$1.json" ] || fail 'a decision was made and not written'
    [ -s "$scratch/overlay.png" ] || fail 'an overlay was asked for and not written'
    run arrcoc explain "$scratch/$1.json" --table
    sum=0 patches=0
    {
        read -r _
        while read -r _ _ tokens _; do
            case $tokens in ''|*[!0-9]*) fail "\`arrcoc explain --table\` says that a patch got \`$tokens\`" ;; esac
            sum=$((sum + tokens)) patches=$((patches + 1))
        done
    } <"$scratch/out"
    [ "$patches" -eq 576 ] || fail "$patches patches were decided on, not 576"
    [ "$sum" -eq "$budget" ] || fail "the tokens of all patches sum to $sum, not to $budget"
    cut -f 1-3 "$scratch/out" >"$scratch/$1.tokens"
}
decide here ''
decide apart '--isolation worker'
[ "$(cat "$scratch/here.tokens")" = "$(cat "$scratch/apart.tokens")" ] ||
    fail 'plugins in processes of their own decide otherwise'

# Why, in words.
run arrcoc explain "$scratch/here.json"
said=$(cat "$scratch/out")
case $said in *"$question"*"$budget of $budget asked for"*coupled*) ;; *) fail 'the decision did not hear its question' ;; esac
run arrcoc explain "$scratch/here.json" --patch 7,1

# The log is whole, and what was decided is decided again.
run arrcoc log verify "$scratch/ledger"
run arrcoc log replay "$scratch/ledger"
read -r replayed <"$scratch/out"
case $replayed in '2 the same, bit for bit; 0 differ; 0 cannot be replayed') ;; *) fail "a replay says: $replayed" ;; esac

# The kit tests a plugin, each test in a process of its own.
for library in "$here"/plugins/*allocators.*; do
    run arrcoc-conformance "$library"
done

printf 'smoke test: arrcoc %s works here: %s of %s tokens given, kept, explained and replayed\n' \
    "$version" "$sum" "$budget"
