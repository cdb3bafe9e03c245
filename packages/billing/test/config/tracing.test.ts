import { INVALID_SPAN_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { afterEach, expect, test, vi } from 'vitest'
import { traced } from '../../src/config/tracing.ts'

afterEach(() => trace.disable())

/** Registers a tracer, as an OpenTelemetry SDK does. Returns a log of the tracer's spans: starts, errors and ends. */
function register() {
  const log: unknown[] = []
  const tracer = trace.getTracer('test')
  const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  vi.spyOn(span, 'end').mockImplementation(() => void log.push('end'))
  vi.spyOn(span, 'setStatus').mockImplementation((status) => {
    log.push(status)
    return span
  })
  vi.spyOn(tracer, 'startActiveSpan').mockImplementation((...call: unknown[]) => {
    const [name, options, run] = call
    log.push([name, Object(options).attributes])
    return typeof run === 'function' ? run(span) : undefined
  })
  trace.setGlobalTracerProvider({ getTracer: () => tracer })
  return log
}

test('does not evaluate the attributes if no tracer is registered', async () => {
  const attributes = vi.fn(() => ({ units: 1 }))
  expect(await traced('work', attributes, async () => 'done')).toBe('done')
  expect(attributes).not.toHaveBeenCalled()
})

test('records spans as soon as a tracer is registered', async () => {
  await traced(
    'early',
    () => ({}),
    async () => {},
  )
  const log = register()
  const work = traced(
    'work',
    () => ({ units: 1 }),
    async () => 'done',
  )
  expect(await work).toBe('done')
  expect(log).toEqual([['work', { units: 1 }], 'end'])
})

test('records the error of failed work', async () => {
  const log = register()
  const work = traced(
    'work',
    () => ({}),
    async () => {
      throw new Error('broken')
    },
  )
  await expect(work).rejects.toThrow('broken')
  expect(log).toEqual([['work', {}], { code: SpanStatusCode.ERROR, message: 'broken' }, 'end'])
})
