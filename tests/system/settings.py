"""The configuration texts of the private servers. Each odd line has its reason beside it."""

from __future__ import annotations

import getpass
import grp
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.system.daemons import Place

DOMAIN = "example.test"
PASSWORD = "secret"
MAIL_UID = 5000  # owner of the mail when we are root: no such account is needed


def introspection(token: str) -> str:
    user = token.removeprefix("good-")
    active = user != token
    return json.dumps({"active": True, "username": user, "scope": "mail"} if active else {"active": False})


def dovecot_oauth(port: int) -> str:
    return f"""\
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


def dovecot(place: Place, *, as_root: bool) -> str:
    me, my_group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    internal, group, login = ("dovecot", "dovecot", "dovenull") if as_root else (me, my_group, me)
    uid, gid = (MAIL_UID, MAIL_UID) if as_root else (os.getuid(), os.getgid())
    return f"""\
base_dir = {place.folder}/run
state_dir = {place.folder}/state
instance_name = {place.folder.name}
log_path = {place.folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
# The home is not the mail folder, else control files stand among the mail.
mail_location = maildir:~/Maildir
mail_fsync = {"optimized" if place.durable else "never"}
first_valid_uid = 1
mail_max_userip_connections = 200
recipient_delimiter = +
ssl = yes
ssl_cert = <{place.folder}/cert.pem
ssl_key = <{place.folder}/key.pem

disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_username_format = %Ln
# A refused login is answered at once: no delay here, no growing penalty (anvil, below).
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {place.folder}/oauth2.conf
}}
# Whoever a story invents has a mailbox and the same password.
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place.folder}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}

service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {place.imap}
  }}
  inet_listener imaps {{
    port = {place.imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 300
}}
service lmtp {{
  inet_listener lmtp {{
    port = {place.lmtp}
  }}
}}
service auth {{
  unix_listener auth-client {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


# The local part says the answer: 452-later@defer.test, 554@reject.test; any other gets 450 and 550.
REFUSED = """\
/^(4[0-9][0-9]).*@defer\\.test$/   $1 4.7.1 Not now
/@defer\\.test$/                   450 4.7.1 Not now
/^(5[0-9][0-9]).*@reject\\.test$/  $1 5.1.1 Nobody here has that name
/@reject\\.test$/                  550 5.1.1 Nobody here has that name
"""


def postfix_main(place: Place) -> str:
    return f"""\
compatibility_level = 3.6
queue_directory = {place.folder}/queue
data_directory = {place.folder}/postfix-data
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.{DOMAIN}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
# There is no syslog: postlogd writes, and only below the folder named here.
maillog_file = {place.folder}/postfix.log
maillog_file_prefixes = {place.folder}

# Nothing is local, one domain goes to Dovecot, one nowhere, and nothing leaves the machine.
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:inet:127.0.0.1:{place.lmtp}
transport_maps = inline:{{ discard.test=discard: }}
default_transport = error:no outside world
relay_transport = error:no outside world
smtpd_recipient_restrictions = check_recipient_access regexp:{place.folder}/postfix/refused,
  permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination

smtpd_tls_security_level = may
smtpd_tls_cert_file = {place.folder}/cert.pem
smtpd_tls_key_file = {place.folder}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {place.folder}/run/auth-client

# Tests make many mistakes quickly and want to hear each at once.
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 10s
message_size_limit = 52428800
mailbox_size_limit = 0
"""


def postfix_master(place: Place) -> str:
    return f"""\
127.0.0.1:{place.smtp} inet n - n - - smtpd
127.0.0.1:{place.submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o mynetworks=
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_delay_reject=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
