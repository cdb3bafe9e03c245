import { type SpanOptions, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { afterEach, expect, test, vi } from 'vitest'
import { traced } from '../../src/config/tracing.ts'

afterEach(() => trace.disable())

/** Registers a tracer, as an OpenTelemetry SDK does. Returns a log of what its spans record. */
function register() {
  const log: unknown[] = []
  const span = { setStatus: (status: unknown) => log.push(status), end: () => log.push('end') }
  const tracer = {
    startActiveSpan(name: string, options: SpanOptions, run: (it: typeof span) => unknown) {
      log.push([name, options.attributes])
      return run(span)
    },
  } as unknown as Tracer // only `startActiveSpan` is called
  trace.setGlobalTracerProvider({ getTracer: () => tracer })
  return log
}

test('does not evaluate the attributes if no tracer is registered', async () => {
  const attributes = vi.fn(() => ({ units: 1 }))
  expect(await traced('work', attributes, async () => 'done')).toBe('done')
  expect(attributes).not.toHaveBeenCalled()
})

test('records a span if a tracer is registered after the first call', async () => {
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
