import { type Attributes, ProxyTracerProvider, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'

/** Runs the work in a span. Without an OpenTelemetry SDK, only runs the work. */
export function traced<T>(name: string, attributes: () => Attributes, work: () => Promise<T>): Promise<T> {
  const tracer = registeredTracer()
  if (!tracer) return work()
  return tracer.startActiveSpan(name, { attributes: attributes() }, async (span) => {
    try {
      return await work()
    } catch (error) {
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: error instanceof Error ? error.message : String(error),
      })
      throw error
    } finally {
      span.end()
    }
  })
}

/** Returns the tracer, or undefined if the app hasn't registered an OpenTelemetry SDK yet. */
function registeredTracer(): Tracer | undefined {
  const name = '@metered/billing'
  const provider = trace.getTracerProvider()
  return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(name) : provider.getTracer(name)
}
