-- Who looks after a webhook asks for what has not reached it, which is rare among what has.
CREATE INDEX webhook_deliveries_undelivered ON webhook_deliveries (webhook_id, status, id) WHERE status <> 'delivered';
