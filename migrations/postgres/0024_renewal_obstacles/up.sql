-- Why a subscription was not renewed by itself; missing in notices from before.
ALTER TABLE notices ADD COLUMN obstacle text
    CHECK (obstacle IN ('money', 'offer', 'rules', 'locked', 'partner', 'late'));
