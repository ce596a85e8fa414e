# VIGIA_KEY_FILE=auth_sessions/.vigia/first-key sh recipes.sh pair acme
set -eu
VIGIA_URL=${VIGIA_URL:-http://127.0.0.1:3000}
vigia() { # PATH [BODY]: the answer, or the refusal and exit code 22
  printf 'header = "Authorization: Bearer %s"\n' "$(cat "$VIGIA_KEY_FILE")" | # not in the list of processes
    curl --silent --show-error --fail-with-body --config - ${2:+--json "$2"} "$VIGIA_URL/v1/$1"
}
org=$(printf '{"orgId":"%s"}' "${2:-}")

case $1 in
  status) vigia session.list '{}' ;;
  retry) vigia session.retry "$org" ;;
  link) vigia pairing.createLink "$org" ;;
  pair)
    vigia session.pair "$org" >/dev/null
    until vigia "pairing/$2/qr.txt" 2>/dev/null >qr.txt; do sleep 1; done # 404 until the first QR has come
    cat qr.txt # for a dark terminal; qr.svg is a picture
    ;;
esac
