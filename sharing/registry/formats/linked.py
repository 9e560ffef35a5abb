"""An instrument as schema.org's linked data, for search engines: what is public of it, nothing of its people."""

from __future__ import annotations

from typing import Any, Final

from sharing.registry.rules import InstrumentRow, Status

LEASE: Final = "http://purl.org/goodrelations/v1#LeaseOut"
_OFFERED: Final = {Status.IN_SERVICE: "InStock", Status.RETIRED: "Discontinued"}


def linked_data(row: InstrumentRow, *, address: str, picture: str | None) -> dict[str, Any]:
    """A Product that its institution offers the use of. Addresses are whole; empty fields are left out."""
    house = {"@type": "Organization", "name": row.institution_name, "alternateName": row.institution_name_en}
    place = {
        "@type": "Place",
        "name": row.location,
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressRegion": "云南省",
            "addressLocality": row.city,
            "streetAddress": " ".join(filter(None, (row.county, row.street))),
            "postalCode": row.postal_code,
        },
    }
    offer = {
        "@type": "Offer",
        "url": address,
        "businessFunction": LEASE,
        "availability": f"https://schema.org/{_OFFERED.get(row.status, 'OutOfStock')}",
        "seller": house,
        "availableAtOrFrom": place,
    }
    maker = {"@type": "Organization", "name": row.manufacturer, "alternateName": row.manufacturer_en}
    return _filled(
        {
            "@context": "https://schema.org",
            "@type": "Product",
            "@id": address,
            "url": address,
            "name": row.name,
            "alternateName": row.name_en,
            "identifier": row.code,
            "model": row.model,
            "manufacturer": maker if row.manufacturer else None,
            "category": row.category_name,
            "description": row.functions or row.service_content,
            "image": picture,
            "offers": offer,
        }
    )


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _filled(part) if isinstance(part, dict) else part
        for name, part in value.items()
        if part not in (None, "")
    }
