# The words up to the cursor, as the program gets them: without quotation marks and backslashes.
_airlift() {
    local word=$2 open='' start='' value i
    local -a words=()
    case ${COMP_WORDS[COMP_CWORD]} in
        [\"\']*) open=${COMP_WORDS[COMP_CWORD]:0:1} ;;
        *) word=${word//\\/} ;;
    esac
    for ((i = 0; i < COMP_CWORD; i++)); do
        words+=("${COMP_WORDS[i]//[\\\"\']/}")
    done
    # The shell splits `--option=value` into three words, and replaces only the last one.
    if [[ ${COMP_WORDS[COMP_CWORD]} == = ]]; then
        word=''
        i=$((COMP_CWORD - 1))
    elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
        i=$((COMP_CWORD - 2))
    else
        i=$COMP_CWORD
    fi
    if ((i < COMP_CWORD)); then
        start=${words[i]}=
        words=("${words[@]:0:i}")
    fi
    words+=("$start$word")
    COMPREPLY=()
    while IFS= read -r value; do
        value=${value#"$start"}
        [[ -n $value ]] || continue
        # A name may come from a table of others. The shell must not run what is in it.
        if [[ $open == \' ]]; then
            value=${value//\'/\'\\\'\'}
        elif [[ $open == \" ]]; then
            value=${value//\\/\\\\}
            value=${value//\"/\\\"}
            value=${value//\$/\\\$}
            value=${value//\`/\\\`}
        elif [[ $value == *[!A-Za-z0-9_.,/:=@%+-]* ]]; then
            value=$(printf %q "$value")
        fi
        COMPREPLY+=("$value")
    done < <(COMPLETE=bash _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) \
        airlift -- "${words[@]}" 2>/dev/null && echo)
    if [[ ${COMPREPLY[0]-} == *[=/] ]] && type compopt >/dev/null 2>&1; then
        compopt -o nospace 2>/dev/null
    fi
}
if ((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4)); then
    complete -o bashdefault -o nosort -F _airlift airlift
else
    complete -o bashdefault -F _airlift airlift
fi
