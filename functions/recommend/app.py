"""Recommend: every night, which products go together and what sells."""

from typing import Any

from aws_lambda_powertools import Logger

from dampf import runtime

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    products = runtime.services().recommend(now=runtime.now())
    if products:
        logger.info("learnt what goes together", extra={"products": products})
    return {"products": products}
