-- The place of the request that ordered in its client's trace (W3C Trace Context); none where no request ordered.
ALTER TABLE transactions ADD COLUMN traceparent TEXT CHECK (length(traceparent) = 55);
