import type { UsageByValue } from '@metered/billing/client'
import type { Kinds } from '../api/meters.ts'
import type { Meter } from '../format/meters.ts'
import { sum } from './usagePeriods.ts'

interface Words {
  /** The end of the heading, such as `quality` in `Pictures by quality`. */
  by: string
  /** The kinds' customer-facing names, in display order. */
  names: Record<string, string>
}

type AllWords = { [M in keyof Kinds]: Words & { names: Record<Kinds[M], string> } }

/** The words for each meter's kinds. The app compiles only if every kind has a name. */
const words: Partial<Record<Meter, Words>> = {
  generations: { by: 'quality', names: { standard: 'Standard', hd: 'HD' } },
  tokens: {
    by: 'maximum length',
    names: {
      up_to_100: 'Texts up to 100',
      up_to_300: 'Texts up to 300',
      up_to_600: 'Texts up to 600',
      above_600: 'Longer texts',
    },
  },
  api_calls: {
    by: 'word',
    names: { in_glossary: 'In the glossary', not_in_glossary: 'Not in the glossary' },
  },
} satisfies AllWords

/** One meter's usage by kind. */
export interface MeterKinds {
  by: string
  /** The kinds with usage, in display order. Units without a known kind come last. `share` is from 0 to 1. */
  kinds: { name: string; amount: number; share: number }[]
}

/**
 * Returns a meter's usage by kind on the given days. Returns null if no usage has a known kind, for example because all
 * of it is from before the kinds were recorded.
 */
export function kindsOf(
  usage: UsageByValue<Meter>[],
  { meter, days }: { meter: Meter; days: { day: string }[] },
): MeterKinds | null {
  const { by, names } = words[meter] ?? { by: '', names: {} }
  const shown = new Set(days.map(({ day }) => day))
  const rows = usage.filter((row) => row.meter === meter && shown.has(row.day))
  const known = Object.entries(names)
    .map(([kind, name]) => ({ name, amount: sum(rows.filter(({ value }) => value === kind)) }))
    .filter(({ amount }) => amount > 0)
  if (known.length === 0) return null
  const total = sum(rows)
  const other = total - sum(known)
  const kinds = other > 0 ? [...known, { name: 'Other', amount: other }] : known
  return { by, kinds: kinds.map((kind) => ({ ...kind, share: kind.amount / total })) }
}
