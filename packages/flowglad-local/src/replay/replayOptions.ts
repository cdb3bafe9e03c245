import { parseArgs } from 'node:util'

/** What the command line asks for instead of a server. */
export type ReplayOptions =
  | {
      command: 'replay'
      files: string[]
      against: string | undefined
      key: string | undefined
      pricing: string | undefined
      /** A recorded answer of `GET /pricing-models/default`. */
      model: string | undefined
      json: boolean
    }
  | { command: 'record'; file: string; against: string; port: number }

/** Reports a mistake in the options of `--replay` or `--record`. */
export class ReplayOptionsError extends Error {}

/**
 * Reads the options of `--replay` and `--record`.
 * @returns null if the command line has neither
 * @throws ReplayOptionsError
 */
export function readReplayOptions(args: readonly string[]): ReplayOptions | null {
  if (!args.some((arg) => /^--(replay|record)(=|$)/.test(arg)) || args.includes('--help')) return null
  const { replay, record, against, key, pricing, model, json, port, files } = parse(args)
  if (against !== undefined && !(URL.canParse(against) && /^https?:$/.test(new URL(against).protocol)))
    throw new ReplayOptionsError(`against must be a URL like https://app.flowglad.com, not "${against}"`)
  const url = against?.replace(/\/+$/, '')
  if (record === undefined)
    return {
      command: 'replay',
      files: [...(replay ?? []), ...files],
      against: url,
      key,
      pricing,
      model,
      json: json ?? false,
    }
  if (replay) throw new ReplayOptionsError('Choose either --replay or --record')
  if (url === undefined) throw new ReplayOptionsError('--record needs the platform. Add --against URL.')
  const number = Number(port ?? 4011)
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new ReplayOptionsError(`port must be a whole number from 0 to 65535, not "${port}"`)
  return { command: 'record', file: record, against: url, port: number }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        replay: { ...text, multiple: true },
        record: text,
        against: text,
        key: text,
        pricing: text,
        model: text,
        port: text,
        json: { type: 'boolean' },
      },
    })
    return { ...values, files: positionals }
  } catch (error) {
    throw new ReplayOptionsError(error instanceof Error ? error.message : String(error))
  }
}
