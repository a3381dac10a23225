"""Our objects and a project's migrations, brought into a database.

In: an administrator's or owner's connection string, a project's folder. Out: what was done, as data.
Never: a statement of ours run twice to different effect, or a project's file changed.
"""

from .contents import hide_new, put_buckets, put_secrets
from .findings import Finding, findings
from .ours.install import ClaimRules, Installation, configure, install, install_auth, let_owner_pass
from .ours.modules import MODULES, install_module, pass_time
from .ours.objects import EXTENSIONS, Profile, fingerprint
from .project import Progress, Report, State, apply_project, status
from .texts.files import begun, create
from .texts.watch import watch

__all__ = [
    "EXTENSIONS",
    "MODULES",
    "ClaimRules",
    "Finding",
    "Installation",
    "Profile",
    "Progress",
    "Report",
    "State",
    "apply_project",
    "begun",
    "configure",
    "create",
    "findings",
    "fingerprint",
    "hide_new",
    "install",
    "install_auth",
    "install_module",
    "let_owner_pass",
    "pass_time",
    "put_buckets",
    "put_secrets",
    "status",
    "watch",
]
