import { parseArgs } from 'node:util'
import { argumentError, isHttpUrl, OptionsError, wholeNumber } from './options.ts'

/** The options of `--replay` or `--record`. */
export type ReplayOptions =
  | { command: 'help' }
  | {
      command: 'replay'
      files: string[]
      against: string | undefined
      key: string | undefined
      pricing: string | undefined
      /** A file with the recorded response of `GET /pricing-models/default`. */
      model: string | undefined
      json: boolean
    }
  | { command: 'record'; file: string; against: string; port: number }

/**
 * Reads the options of `--replay` and `--record`.
 * @returns null if the command line has neither
 * @throws OptionsError
 */
export function readReplayOptions(args: readonly string[]): ReplayOptions | null {
  if (!args.some((arg) => /^--(replay|record)(=|$)/.test(arg))) return null
  if (args.includes('--help') || args.includes('-h')) return { command: 'help' }
  const { replay, record, against, key, pricing, model, json, port, files } = parse(args)
  if (against !== undefined && !isHttpUrl(against))
    throw new OptionsError(`against must be a URL like https://app.flowglad.com, not "${against}"`)
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
  if (replay) throw new OptionsError('Use either --replay or --record, not both.')
  if (url === undefined) throw new OptionsError("--record needs the platform's URL. Add --against URL.")
  return { command: 'record', file: record, against: url, port: wholeNumber('port', port ?? '4011', 65_535) }
}

const text = { type: 'string' } as const
export const replayFlags = {
  replay: { ...text, multiple: true },
  record: text,
  against: text,
  key: text,
  pricing: text,
  model: text,
  port: text,
  json: { type: 'boolean' },
} as const

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: replayFlags,
    })
    return { ...values, files: positionals }
  } catch (error) {
    throw argumentError(error, Object.keys(replayFlags))
  }
}
