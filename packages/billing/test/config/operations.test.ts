// Compares the dashboard and the alert rules in docs/operations with the metrics that a Prometheus server reads.
import { readFileSync } from 'node:fs'
import { metrics } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { count, record, setGauge } from '../../src/config/metrics.ts'

afterAll(() => metrics.disable())

class Reader extends MetricReader {
  protected async onForceFlush() {}
  protected async onShutdown() {}
}

const read = (name: string) =>
  readFileSync(new URL(`../../../../docs/operations/${name}`, import.meta.url), 'utf8')
const namesIn = (text: string) => new Set(text.match(/\bmetered_\w+/g))

/** Records every metric once. Returns the metrics' names as a Prometheus server reads them. */
async function scrapedNames() {
  const reader = new Reader()
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  for (const name of ['holds', 'settles', 'units', 'releases', 'expirations'] as const) count(name)
  for (const name of ['denials', 'deliveries', 'parkings', 'leaseWaits', 'lateSettles'] as const) count(name)
  for (const name of ['waiting', 'lag', 'parked', 'skew'] as const) setGauge(name, 1)
  for (const name of ['snapshotAge', 'batchCommands', 'batchSeconds'] as const) record(name, 1)
  const { resourceMetrics } = await reader.collect()
  return namesIn(new PrometheusSerializer().serialize(resourceMetrics))
}

const rules = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          alert: z.string().regex(/^Metered[A-Z]\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+m$/)
            .optional(),
          labels: z.object({ severity: z.enum(['warning', 'critical']) }),
          annotations: z.object({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
})
const dashboard = z.object({
  title: z.literal('Metered'),
  panels: z
    .array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) }))
    .min(1),
})

test('the alert rules and the dashboard use only metrics that billing records', async () => {
  const names = await scrapedNames()
  const { groups } = rules.parse(parse(read('alerts.yaml')))
  const { panels } = dashboard.parse(JSON.parse(read('grafana.json')))
  const used = groups.flatMap((group) => group.rules.map(({ expr }) => expr))
  used.push(...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)))
  for (const expr of used) {
    expect(namesIn(expr).size, expr).toBeGreaterThan(0)
    for (const name of namesIn(expr)) expect(names, expr).toContain(name)
  }
})

test('the dashboard shows every metric', async () => {
  const shown = namesIn(read('grafana.json'))
  const recorded = [...(await scrapedNames())].filter((name) => !/_(sum|count|bucket)$/.test(name))
  for (const name of recorded)
    expect(
      [...shown].some((it) => it.startsWith(name)),
      name,
    ).toBe(true)
})
