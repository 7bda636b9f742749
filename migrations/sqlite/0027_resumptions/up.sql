-- A resumption that is cut off leaves the pause going on. Up to when the pause has been taken off the clocks of all open
-- orders, and up to when off those of customers through moved_through; missing where no resumption has come so far.
ALTER TABLE activation_pauses ADD COLUMN counted_to INTEGER;
ALTER TABLE activation_pauses ADD COLUMN resuming_at INTEGER;
