/** Tests that take long and find what shorter ones beside them do for the most part: they run where `BFT_RAFT_TEST_LONG` is set (`docs/testing.md`). */
const LONG = Deno.env.get("BFT_RAFT_TEST_LONG") !== undefined;

/** Registers a test that is run only where long ones are asked for. */
export const longTest = (name: string, fn: () => void | Promise<void>): void => Deno.test({ name, ignore: !LONG, fn });
