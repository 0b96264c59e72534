"""The Celery app, its queues, and the whole beat table.

The database is the queue (DISPATCH.md): a Celery message carries only an id
and only says "look now". So no result is kept, nothing is retried by Celery,
and a lost or doubled message changes nothing.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wxportal.settings")

app = Celery("wxportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # For whoever gives a nudge: kombu's own three tries took six seconds, longer than WeChat waits for its callback.
    # Workers and beat reconnect by broker_connection_retry, not by these.
    broker_transport_options={
        "socket_timeout": 3,
        "socket_connect_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
    },
    # Sending stands in its own queue, so that a long sync never makes a send wait.
    task_default_queue="default",
    task_routes={"campaigns.tasks.*": {"queue": "sending"}},
    beat_schedule={
        "due batches": {"task": "campaigns.tasks.look_for_due_batches", "schedule": 1.0, "options": {"expires": 5}},
        "stuck and unknown batches": {
            "task": "campaigns.tasks.reap_and_resolve",
            "schedule": 15.0,
            "options": {"expires": 15},
        },
        "results by polling": {"task": "campaigns.tasks.poll_results", "schedule": 15.0, "options": {"expires": 15}},
        "undelivered events": {
            "task": "accounts.tasks.deliver_waiting_events",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
        "the sandbox's clock": {
            "task": "accounts.tasks.follow_sandbox_clock",
            "schedule": 5.0,
            "options": {"expires": 5},
        },
        "verification reminders": {
            "task": "accounts.tasks.remind_of_verifications",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "outbox": {"task": "accounts.tasks.send_mails", "schedule": 15.0, "options": {"expires": 15}},
        "verification probes": {
            "task": "accounts.tasks.probe_verifications",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "interrupted syncs": {
            "task": "followers.tasks.resume_interrupted_syncs",
            "schedule": 15.0,
            "options": {"expires": 15},
        },
    },
)
app.autodiscover_tasks()
