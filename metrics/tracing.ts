/**
 * Traces by what Deno has built in, told through `@opentelemetry/api`. A request's trace has its id from the digest that names the request in answers, which client and
 * replicas know alike: so nothing about traces has to travel.
 */

/** A piece of work on one request. Times are those of `performance.now`, in milliseconds. */
export interface RequestSpan {
  readonly name: string;
  /** SHA-256 of the request's body, in hexadecimal digits. */
  readonly request: string;
  readonly from: number;
  readonly until: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Reason for which it failed; left out if it did not. */
  readonly failure?: string;
}

/** A sink of spans. */
export interface Tracing {
  /** Tells of a span that is over. Never throws. */
  tell(span: RequestSpan): void;
}

const TRACE_ID_CHARS = 32;
const SPAN_ID_CHARS = 16;
/** The place where `@opentelemetry/api` finds what its calls go to; Deno puts its own there where it was started with OTEL_DENO=true. */
const PLACE = Symbol.for("opentelemetry.js.api.1");

/** Opens the way for spans of `component`; null, without loading anything, unless Deno was started with `OTEL_DENO=true`. */
export async function openTracing(component: "client" | "replica"): Promise<Tracing | null> {
  if (!Object.hasOwn(globalThis, PLACE)) return null;
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } = await import("@opentelemetry/api");
  const tracer = trace.getTracer(`bft-raft-${component}`);
  const kind = component === "client" ? SpanKind.CLIENT : SpanKind.SERVER;
  return {
    tell({ name, request, from, until, attributes, failure }) {
      const parent = trace.setSpanContext(ROOT_CONTEXT, {
        traceId: request.slice(0, TRACE_ID_CHARS),
        spanId: request.slice(TRACE_ID_CHARS, TRACE_ID_CHARS + SPAN_ID_CHARS),
        traceFlags: TraceFlags.SAMPLED,
        isRemote: true,
      });
      const span = tracer.startSpan(name, { kind, startTime: performance.timeOrigin + from, attributes }, parent);
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end(performance.timeOrigin + until);
    },
  };
}
