"""Takes orders from a Kafka topic, one record at a time, with Powertools' batch processor.

A record whose handler raises is reported in `batchItemFailures`; Lambda sends it again, and the others not.
"""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kafka_event import KafkaEventRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

processor = BatchProcessor(event_type=EventType.Kafka)
logger = Logger()


def record_handler(record: KafkaEventRecord) -> None:
    logger.info("order received", offset=record.offset)
    order = record.json_value  # raises where the value is not JSON
    logger.info("order handled", offset=record.offset, order=order["id"])


@logger.inject_lambda_context
def lambda_handler(event: dict, context: LambdaContext) -> dict:
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
