import type { Change, Comparison } from './comparePricing.ts'
import type { Part } from './pricingModel.ts'

/** Returns one line for each change, and one for each part that only Flowglad has. */
export function describeComparison({
  changes,
  untouched,
}: Pick<Comparison, 'changes' | 'untouched'>): string {
  const lines = changes.map(describeChange)
  const rest = untouched.map((part) => `  ${nameOf(part)}`)
  return [
    ...(lines.length > 0 ? ['Changes at Flowglad:', ...lines] : ['Flowglad has everything in the file.']),
    ...(rest.length > 0 ? ['Only at Flowglad, and not changed:', ...rest] : []),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

export const nameOf = ({ kind, slug, of }: Part) => {
  if (of === undefined) return `${kind} ${slug}`
  return `${kind} ${slug} of ${of}`
}

function describeChange({ action, part, fields, replaces }: Change): string {
  if (action === 'create') return `  + ${nameOf(part)}`
  const changed = fields.map(({ name, before, after }) => `${name} ${shown(before)} → ${shown(after)}`)
  const note = replaces ? ' (a new price; existing subscriptions keep the old one)' : ''
  return `  ~ ${nameOf(part)}: ${changed.join(', ')}${note}`
}

const shown = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value))
