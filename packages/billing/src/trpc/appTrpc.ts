import { fileURLToPath } from 'node:url'
import { initTRPC, TRPCError } from '@trpc/server'
import { SetupError } from '../config/setupError.ts'
import { toTrpcError } from './trpcErrors.ts'

/**
 * The part of a procedure builder that the checks use. tRPC doesn't export the type of `_def`, so builders
 * are cast.
 */
interface Builder {
  input(parser: () => never): { _def: { middlewares: ((call: object) => Promise<unknown>)[] } }
}

/**
 * The copy of tRPC that the app uses. A CommonJS app and this module load different builds of tRPC, and each
 * build has its own `TRPCError` class. The app recognizes only its own class, so `toError` uses that class.
 */
export class AppTrpc {
  #ErrorClass = TRPCError
  #inspection: Promise<void> = Promise.resolve()

  /**
   * Inspects the copy of tRPC that created the builder. Throws a `SetupError` if this version of tRPC is too
   * old.
   */
  inspect(builder: object): void {
    if (!('concat' in builder)) {
      throw new SetupError('This procedure comes from tRPC 10. Install @trpc/server 11.')
    }
    this.#inspection = this.#compare(builder as unknown as Builder)
    // Ignore the error here, because `check` reports it on the next call.
    this.#inspection.catch(() => {})
  }

  /** Rejects with a `SetupError` if the app and this module use different installations of tRPC. */
  check(): Promise<void> {
    return this.#inspection
  }

  /** Runs `work` and converts this package's errors to the app's TRPCErrors. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.check()
    try {
      return await work()
    } catch (error) {
      throw this.toError(error)
    }
  }

  /** Converts this package's errors to the app's TRPCErrors. Returns any other error unchanged. */
  readonly toError = (error: unknown): unknown => toTrpcError(error, this.#ErrorClass)

  async #compare(builder: Builder): Promise<void> {
    const theirs = await errorOf(builder)
    if (!theirs || theirs instanceof TRPCError) return
    const folder = folderOf(theirs)
    const ours = folderOf(await errorOf(initTRPC.create().procedure as unknown as Builder))
    if (folder && ours && folder !== ours) {
      throw new SetupError(
        `Two copies of @trpc/server are installed: ${folder} and ${ours}. Install one version for all packages.`,
      )
    }
    this.#ErrorClass = theirs.constructor as typeof TRPCError
  }
}

/**
 * Returns a `TRPCError` that the builder's copy of tRPC throws, or null if that copy throws none. Runs only a
 * new input validator, not the app's middlewares.
 */
async function errorOf(builder: Builder): Promise<Error | null> {
  try {
    const { middlewares } = builder.input(() => {
      throw new Error('This input is never valid')
    })._def
    await middlewares.at(-1)?.({ getRawInput: async () => undefined })
    return null
  } catch (error) {
    return error instanceof Error && error.name === 'TRPCError' ? error : null
  }
}

/** Returns the `@trpc/server` folder whose code created the error, or null for bundled code. */
function folderOf(error: Error | null): string | null {
  for (const line of error?.stack?.split('\n') ?? []) {
    const [, location] = /\(?((?:file:|\/|[A-Z]:\\)[^()]*):\d+:\d+\)?$/.exec(line) ?? []
    const path = location?.startsWith('file:') ? fileURLToPath(location) : location
    const [, folder] = /^(.*@trpc[/\\]server)[/\\]dist[/\\]/.exec(path ?? '') ?? []
    if (folder) return folder
  }
  return null
}
