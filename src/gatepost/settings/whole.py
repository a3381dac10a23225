"""All settings, as the rooms are given them.

In: nothing. Out: sections of frozen settings with their defaults. Never: read from anywhere; `reading` does that.
"""

from .auth import AuthSettings
from .claims import ClaimsSettings, IdentitySettings, PushSettings, TenancySettings
from .mail import FactorSettings, LimitSettings, MailSettings
from .option import Section
from .serving import DatabaseSettings, ProjectSettings, ServerSettings
from .surfaces import GraphQLSettings, RestSettings


class Settings(Section, frozen=True):
    project: ProjectSettings = ProjectSettings()
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    auth: AuthSettings = AuthSettings()
    identity: IdentitySettings = IdentitySettings()
    push: PushSettings = PushSettings()
    claims: ClaimsSettings = ClaimsSettings()
    tenancy: TenancySettings = TenancySettings()
    mail: MailSettings = MailSettings()
    limits: LimitSettings = LimitSettings()
    factors: FactorSettings = FactorSettings()
    rest: RestSettings = RestSettings()
    graphql: GraphQLSettings = GraphQLSettings()
