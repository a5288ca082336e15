"""The organisation's own provider of OpenID Connect, as allauth is told of it.

Authorization code with PKCE. Only ``openid`` is asked for, so that no address and no name comes along. The token has to
come from the issuer that ``node.toml`` names, whatever the provider's own description says; accounts are bound to that
issuer (in short, as the provider's id) and the token's subject.
"""

from typing import Any

from tocsin.node.config import OpenId
from tocsin.people.rules.sign_in import provider_id


def openid_client(told: OpenId, *, secret: str) -> dict[str, Any]:
    """The entry of ``SOCIALACCOUNT_PROVIDERS``."""
    return {
        "provider_id": provider_id(told.issuer),
        "name": told.name,
        "client_id": told.client_id,
        "secret": secret,
        "settings": {
            "server_url": told.issuer.rstrip("/") + "/.well-known/openid-configuration",
            "scope": ["openid"],
            "oauth_pkce_enabled": True,
            "fetch_userinfo": False,
            "openid_configuration_overrides": {"issuer": told.issuer},
        },
    }
