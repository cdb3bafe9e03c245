import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Gauge,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api'

const seconds = { unit: 's', advice: { explicitBucketBoundaries: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60] } }

/**
 * Creates the instruments. The name of an instrument that measures time ends with `seconds`, because not every
 * exporter adds the unit.
 */
function createInstruments(meter: Meter) {
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`metered.${name}`, { unit, description })
  const gauge = (name: string, unit: string, description: string) =>
    meter.createGauge(`metered.${name}`, { unit, description })
  return {
    counters: {
      holds: counter('holds', '{hold}', 'Holds created, by procedure'),
      settles: counter('settles', '{settle}', 'Settled attempts, by procedure'),
      units: counter('units', '{unit}', 'Units settled, by meter'),
      lateSettles: counter('late.settles', '{settle}', 'Attempts settled after their hold had expired'),
      releases: counter('releases', '{hold}', 'Holds released because the work failed'),
      expirations: counter('expirations', '{hold}', 'Holds that expired'),
      denials: counter('denials', '{call}', 'Denied calls, by code and procedure'),
      deliveries: counter('deliveries', '{event}', 'Usage events that Flowglad acknowledged'),
      parkings: counter('parkings', '{event}', 'Usage events parked because Flowglad kept rejecting them'),
      leaseWaits: counter(
        'lease.waits',
        '{lease}',
        'Leases refused because another node had them, by purpose',
      ),
    },
    gauges: {
      waiting: gauge('events.waiting', '{event}', 'Usage events waiting for delivery'),
      lag: gauge('delivery.lag.seconds', 's', 'The age of the oldest usage event waiting for delivery'),
      parked: gauge('events.parked', '{event}', 'Usage events that Flowglad keeps rejecting'),
      skew: gauge('clock.skew.seconds', 's', 'How far the clock is behind the latest time in the ledger'),
    },
    histograms: {
      snapshotAge: meter.createHistogram('metered.snapshot.age.seconds', {
        unit: 's',
        description: 'The age of the snapshot when a call is allowed',
        advice: { explicitBucketBoundaries: [1, 10, 30, 60, 120, 600, 3_600, 86_400] },
      }),
      batchCommands: meter.createHistogram('metered.batch.size', {
        unit: '{command}',
        description: 'Commands per batch',
        advice: { explicitBucketBoundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
      }),
      batchSeconds: meter.createHistogram('metered.batch.duration.seconds', {
        description: 'How long a batch takes, including retries',
        ...seconds,
      }),
    },
  } satisfies {
    counters: Record<string, Counter>
    gauges: Record<string, Gauge>
    histograms: Record<string, Histogram>
  }
}

type Instruments = ReturnType<typeof createInstruments>

/** Maps each provider to its instruments, or to null if the provider records nothing. */
const instrumentsOf = new WeakMap<MeterProvider, Instruments | null>()

/** Returns the instruments, or null if the app hasn't registered an OpenTelemetry SDK yet. */
function instruments(): Instruments | null {
  const provider = metrics.getMeterProvider()
  const known = instrumentsOf.get(provider)
  if (known !== undefined) return known
  const meter = provider.getMeter('@metered/billing')
  const created = isNoop(meter) ? null : createInstruments(meter)
  instrumentsOf.set(provider, created)
  return created
}

const isNoop = (meter: Meter) => meter.constructor === createNoopMeter().constructor

/** Returns whether the process has an OpenTelemetry SDK that records metrics. */
export const recordsMetrics = (): boolean => instruments() !== null

/** Adds to a counter. Without an OpenTelemetry SDK, does nothing. */
export function count(
  name: keyof Instruments['counters'],
  value = 1,
  attributes: () => Attributes = noAttributes,
): void {
  instruments()?.counters[name].add(value, attributes())
}

/** Records a value in a histogram. Without an OpenTelemetry SDK, does nothing. */
export function record(name: keyof Instruments['histograms'], value: number): void {
  instruments()?.histograms[name].record(value)
}

/** Sets a gauge. Without an OpenTelemetry SDK, does nothing. */
export function setGauge(name: keyof Instruments['gauges'], value: number): void {
  instruments()?.gauges[name].record(value)
}

const noAttributes = () => ({})
