"""A name for a person that says who is the same, and not who it is."""

from hashlib import blake2b


def pseudonym(agent_id: str, secret: bytes) -> str:
    """Return the pseudonym of an agent: keyed BLAKE2b (RFC 7693), 20 hexadecimal digits.

    Without the secret it can be neither undone nor tried out; with it, whoever may know can compute it from
    the name. Another secret gives other pseudonyms, which nobody can link to these.

    Examples
    --------
    >>> pseudonym("a-12", b"secret")
    '3061d76f6e22954e5e12'
    >>> pseudonym("a-12", b"another") == pseudonym("a-12", b"secret")
    False
    """
    key = blake2b(secret, person=b"attune-key").digest()
    return blake2b(agent_id.encode(), key=key, digest_size=10, person=b"attune-agent").hexdigest()
