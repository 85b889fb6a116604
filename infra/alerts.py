"""Alerts: what is watched, and who hears of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import monitor

from config.alerts import Alert, Condition

# Where both kinds of resource are, whatever they watch.
LOCATION = "global"


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    resource_group_name: pulumi.Input[str]
    short_name: str
    """What mails and text messages call the stack."""
    emails: Sequence[str]
    webhooks: Mapping[str, pulumi.Input[str]]
    """Addresses by name; secrets."""
    alerts: Sequence[Alert]
    watched: Mapping[str, pulumi.Input[str]]
    """The ids of the resources that the alerts are on, by their name."""
    tags: Mapping[str, str]


class Alerts(pulumi.ComponentResource):
    """Alerts and the group of people that they wake. Named as Azure names the action group.

    Children: the action group, the metric alerts. Leaves alone: what they watch, the budget that tells the same group.
    """

    group_id: pulumi.Output[str]

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("litellm-azure:alerts:Alerts", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        group = monitor.ActionGroup(
            name,
            action_group_name=name,
            resource_group_name=args.resource_group_name,
            location=LOCATION,
            group_short_name=args.short_name,
            enabled=True,
            # One form of message for every alert, which tools of others read too.
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name=address, email_address=address, use_common_alert_schema=True
                )
                for address in args.emails
            ],
            webhook_receivers=[
                monitor.WebhookReceiverArgs(
                    name=receiver,
                    service_uri=pulumi.Output.secret(address),
                    use_common_alert_schema=True,
                )
                for receiver, address in args.webhooks.items()
            ],
            tags=args.tags,
            opts=mine,
        )
        for alert in args.alerts:
            monitor.MetricAlert(
                alert.name,
                rule_name=alert.name,
                resource_group_name=args.resource_group_name,
                location=LOCATION,
                description=alert.says,
                enabled=True,
                severity=int(alert.severity),
                scopes=[args.watched[alert.target]],
                window_size=f"PT{alert.minutes}M",
                evaluation_frequency=f"PT{alert.every}M",
                # Told of its end too.
                auto_mitigate=True,
                criteria=_criteria(alert),
                actions=[monitor.MetricAlertActionArgs(action_group_id=group.id)],
                tags=args.tags,
                opts=mine,
            )
        self.group_id = group.id
        self.register_outputs({"groupId": self.group_id})


Criteria = (
    monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs
    | monitor.MetricAlertMultipleResourceMultipleMetricCriteriaArgs
)


def _criteria(alert: Alert) -> Criteria:
    """All of an alert's conditions. What is compared with what Azure has learnt has a type of its own."""
    if any(condition.threshold is None for condition in alert.conditions):
        return monitor.MetricAlertMultipleResourceMultipleMetricCriteriaArgs(
            odata_type="Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria",
            all_of=[
                monitor.DynamicMetricCriteriaArgs(
                    criterion_type="DynamicThresholdCriterion",
                    operator=condition.operator.value,
                    # Far beyond the usual, four times in a row: nobody is to get used to these mails.
                    alert_sensitivity=monitor.DynamicThresholdSensitivity.LOW,
                    failing_periods=monitor.DynamicThresholdFailingPeriodsArgs(
                        number_of_evaluation_periods=4, min_failing_periods_to_alert=4
                    ),
                    **_metric(alert, condition),
                )
                for condition in alert.conditions
            ],
        )
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                operator=condition.operator.value,
                threshold=condition.threshold,
                **_metric(alert, condition),
            )
            for condition in alert.conditions
            if condition.threshold is not None
        ],
    )


def _metric(alert: Alert, condition: Condition) -> dict[str, Any]:
    """Which numbers are looked at."""
    return {
        "name": condition.metric,
        "metric_namespace": alert.namespace,
        "metric_name": condition.metric,
        "time_aggregation": condition.aggregation,
        "dimensions": [
            monitor.MetricDimensionArgs(name=name, operator="Include", values=list(values))
            for name, values in condition.dimensions.items()
        ],
        # A resource that is minutes old has reported no metric yet, and Azure does not know its name.
        "skip_metric_validation": True,
    }
