/** Shapes of what a gateway takes and gives, for its OpenAPI document and the tests that hold it to that. */
import { z } from "zod";

const revision = z.int().min(0).meta({ description: "A revision of the store; 0 for an absent key" });
const key = z.string().min(1).max(1024).meta({ description: "1 to 1024 bytes of UTF-8" });
const lease = z.int().min(1).meta({ description: "The number of a lease" });
const ttlMs = z.int().min(1000).max(604_800_000).meta({
  description: "Milliseconds that a lease lasts, a second to a week",
});
/** A value: text where it is UTF-8, else base64. */
const value = { value: z.string().optional(), valueBase64: z.string().optional() };

export const written = z.object({ revision, index: z.int().min(1) }).meta({ id: "Written" });

const listed = z.object({ key, revision, createRevision: revision, ...value }).meta({ id: "ListedKey" });
export const keyList = z.object({
  prefix: z.string(),
  storeRevision: revision,
  more: z.boolean().meta({ description: "More keys follow: ask again with after, the last key" }),
  items: z.array(listed),
}).meta({ id: "KeyList" });

const compare = z.union([
  z.strictObject({
    key,
    target: z.enum(["revision", "createRevision"]),
    is: z.enum(["=", "!=", "<", ">"]),
    to: revision,
  }),
  z.strictObject({
    key,
    target: z.literal("value"),
    is: z.enum(["=", "!="]),
    to: z.string().optional(),
    toBase64: z.string().optional(),
  }),
]).meta({ id: "Compare" });
const operation = z.union([
  z.strictObject({ op: z.literal("put"), key, ...value, lease: lease.optional() }),
  z.strictObject({ op: z.literal("get"), key }),
  z.strictObject({ op: z.literal("delete"), key }),
  z.strictObject({
    op: z.literal("list"),
    prefix: z.string().optional(),
    after: z.string().optional(),
    limit: z.int().min(1).max(1000).optional(),
  }),
]).meta({ id: "Operation" });
export const transaction = z.strictObject({
  compare: z.array(compare).max(64).optional(),
  then: z.array(operation).max(64).optional(),
  else: z.array(operation).max(64).optional(),
}).meta({ id: "Transaction" });

const outcome = z.union([
  z.object({ op: z.literal("put"), revision }),
  z.object({ op: z.literal("delete"), done: z.boolean() }),
  z.object({
    op: z.literal("get"),
    found: z.boolean(),
    revision: revision.optional(),
    createRevision: revision.optional(),
    ...value,
  }),
  z.object({ op: z.literal("list"), more: z.boolean(), items: z.array(listed) }),
]).meta({ id: "OperationOutcome" });
export const transactionOutcome = z.object({
  succeeded: z.boolean().meta({ description: "All comparisons held, so then was done; else was otherwise" }),
  revision,
  index: z.int().min(1),
  results: z.array(outcome),
}).meta({ id: "TransactionOutcome" });

export const leaseWanted = z.strictObject({ ttlMs }).meta({ id: "LeaseWanted" });
export const leaseGranted = z.object({ lease, ttlMs, index: z.int().min(1) }).meta({
  id: "LeaseGranted",
  description: "It lasts for ttlMs from when the cluster ordered that, and ends some seconds later",
});
export const oneLease = z.object({
  lease,
  client: z.string().meta({ description: "The client that it was granted to" }),
  ttlMs,
  remainingMs: z.int().min(0).meta({ description: "Milliseconds that are left at least" }),
  keys: z.int().min(0).meta({ description: "Number of its keys" }),
}).meta({ id: "Lease" });
export const leaseList = z.object({
  more: z.boolean().meta({ description: "More leases follow: ask again with after, the last number" }),
  items: z.array(oneLease),
}).meta({ id: "LeaseList" });

export const entry = z.object({
  index: z.int().min(1),
  term: z.int().min(0),
  hash: z.string(),
  commands: z.array(z.record(z.string(), z.unknown())),
  statements: z.array(z.object({ replica: z.string(), clock: z.int().min(0) })).min(1).max(64).optional().meta({
    description:
      "What replicas stated of their clocks, in milliseconds of log time; only in an entry that is made of it",
  }),
}).meta({ id: "Entry" });

export const status = z.object({
  cluster: z.string(),
  epoch: z.int().min(1),
  replicas: z.array(z.record(z.string(), z.unknown())),
}).meta({ id: "Status" });

export const readiness = z.object({ ready: z.literal(true), storeRevision: revision }).meta({ id: "Readiness" });
export const health = z.object({ healthy: z.literal(true) }).meta({ id: "Health" });

export const problem = z.looseObject({
  type: z.string().startsWith("urn:bft-raft:problem:"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
}).meta({ id: "Problem", description: "RFC 9457" });
