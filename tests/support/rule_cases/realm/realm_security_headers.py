"""Changes that break the rule ``realm-security-headers``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Realm"), {"browserSecurityHeaders": {"contentSecurityPolicy": "frame-ancestors *"}}),),
    (Set(Where("Realm"), {"browserSecurityHeaders": {"contentSecurityPolicy": "object-src 'none'"}}),),
    (Set(Where("Realm"), {"browserSecurityHeaders": {"contentSecurityPolicy": "off"}}),),
    (Set(Where("Realm"), {"browserSecurityHeaders": {"strictTransportSecurity": "max-age=0"}}),),
    (Set(Where("Realm"), {"browserSecurityHeaders": {"xContentTypeOptions": "off"}}),),
    (Set(Where("Realm"), {"browserSecurityHeaders": {"xFrameOptions": "off"}}),),
    (Set(Where("Realm"), {"browserSecurityHeaders": {"referrerPolicy": "unsafe-url"}}),),
)
