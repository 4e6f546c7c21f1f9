"""Price lists in the documented formats of AWS and Google, small, with the prices that a test asks for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Document = dict[str, Any]
PUBLISHED = "2026-11-20T21:07:51Z"
EC2_ATTRIBUTES = {
    "servicecode": "AmazonEC2", "location": "US East (N. Virginia)", "locationType": "AWS Region",
    "regionCode": "us-east-1", "operatingSystem": "Linux", "preInstalledSw": "NA", "tenancy": "Shared",
    "capacitystatus": "Used", "marketoption": "OnDemand", "licenseModel": "No License required",
    "operation": "RunInstances", "servicename": "Amazon Elastic Compute Cloud",
}  # fmt: skip
SAGEMAKER_ATTRIBUTES = {
    "servicecode": "AmazonSageMaker", "location": "US East (N. Virginia)", "locationType": "AWS Region",
    "regionCode": "us-east-1", "platoinstancetype": "Hosting", "component": "Hosting", "operation": "RunInstance",
}  # fmt: skip
# Real prices of Compute Engine in us-central1, in billionths of a dollar an hour.
E2 = {"E2 Instance Core": ("h", 21_811_590), "E2 Instance Ram": ("GiBy.h", 2_923_530)}
N1 = {"N1 Predefined Instance Core": ("h", 31_611_000), "N1 Predefined Instance Ram": ("GiBy.h", 4_237_000)}


def offer_file(code: str, products: list[Document], prices: Mapping[str, str], **changes: Any) -> Document:
    """Return an offer file with one on-demand term a sku."""
    return {
        "formatVersion": "v1.0",
        "disclaimer": "This pricing list is for informational purposes only.",
        "offerCode": code,
        "version": "20261120210751",
        "publicationDate": PUBLISHED,
        "products": {product["sku"]: product for product in products},
        "terms": {
            "OnDemand": {sku: term(sku, usd) for sku, usd in prices.items()},
            "Reserved": {sku: {f"{sku}.X": {"priceDimensions": {}}} for sku in prices},
        },
        "attributesList": {},
        **changes,
    }


def term(sku: str, usd: str) -> Document:
    code = f"{sku}.JRTCKXETXF"
    dimension = {
        "rateCode": f"{code}.6YS6EN2CT7", "unit": "Hrs", "beginRange": "0", "endRange": "Inf", "appliesTo": [],
        "description": f"${usd} per On Demand Linux Instance Hour", "pricePerUnit": {"USD": usd},
    }  # fmt: skip
    return {
        code: {
            "offerTermCode": "JRTCKXETXF", "sku": sku, "effectiveDate": "2026-11-01T00:00:00Z",
            "priceDimensions": {f"{code}.6YS6EN2CT7": dimension}, "termAttributes": {},
        }
    }  # fmt: skip


def ec2_product(sku: str, name: str, **changes: str) -> Document:
    family = changes.pop("productFamily", "Compute Instance")
    return {"sku": sku, "productFamily": family, "attributes": {**EC2_ATTRIBUTES, "instanceType": name, **changes}}


def sagemaker_product(sku: str, name: str, **changes: str) -> Document:
    attributes = {**SAGEMAKER_ATTRIBUTES, "instanceName": name, "instanceType": f"{name}-Hosting", **changes}
    return {"sku": sku, "productFamily": "ML Instance", "attributes": attributes}


def ec2_file(prices: Mapping[str, str]) -> Document:
    """Return the EC2 offer file of us-east-1 with these types."""
    products = [ec2_product(f"SKU{name}", name) for name in prices]
    return offer_file("AmazonEC2", products, {f"SKU{name}": usd for name, usd in prices.items()})


def sagemaker_file(prices: Mapping[str, str]) -> Document:
    """Return the SageMaker offer file of us-east-1 with these types, for hosting."""
    products = [sagemaker_product(f"SKU{name}", name) for name in prices]
    return offer_file("AmazonSageMaker", products, {f"SKU{name}": usd for name, usd in prices.items()})


def spot(zone: str, name: str, usd: str, hour: int = 10, product: str = "Linux/UNIX") -> Document:
    return {
        "AvailabilityZone": zone, "InstanceType": name, "ProductDescription": product, "SpotPrice": usd,
        "Timestamp": f"2026-11-21T{hour:02}:00:00+00:00",
    }  # fmt: skip


def spot_history(*prices: Document) -> Document:
    return {"SpotPriceHistory": list(prices)}


def sku(description: str, unit: str, nanos: int, usage_type: str = "OnDemand", region: str = "us-central1") -> Document:
    return {
        "name": "services/6F81-5844-456A/skus/0000-0000-0000",
        "skuId": "0000-0000-0000",
        "description": f"{description} running in Americas",
        "category": {
            "serviceDisplayName": "Compute Engine", "resourceFamily": "Compute", "resourceGroup": "CPU",
            "usageType": usage_type,
        },
        "serviceRegions": [region, "us-west1"],
        "pricingInfo": [
            {
                "summary": "",
                "pricingExpression": {
                    "usageUnit": unit, "displayQuantity": 1, "baseUnitConversionFactor": 3600,
                    "tieredRates": [
                        {
                            "startUsageAmount": 0,
                            "unitPrice": {
                                "currencyCode": "USD", "units": str(nanos // 10**9), "nanos": nanos % 10**9
                            },
                        }
                    ],
                },
                "currencyConversionRate": 1,
                "effectiveTime": "2026-11-22T10:52:50.681Z",
            }
        ],
        "serviceProviderName": "Google",
    }  # fmt: skip


def sku_page(*skus: Document) -> Document:
    return {"skus": list(skus), "nextPageToken": ""}


def page_of(parts: Mapping[str, tuple[str, int]]) -> Document:
    return sku_page(*(sku(description, unit, nanos) for description, (unit, nanos) in parts.items()))


def write(path: Path, document: Document) -> Path:
    path.write_text(json.dumps(document))
    return path
