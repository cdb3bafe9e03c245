import { createHash } from 'node:crypto'
import { types } from 'node:util'
import { isPlainObject } from './asyncShapes.ts'
import type { Codec } from './storedResult.ts'

type Serializer = Pick<Codec, 'serialize'>

/**
 * Returns the same text for equal values, regardless of the order of fields. Adds the files in the value to
 * `files`, because their content can't be read synchronously. Never throws.
 */
export const canonicalText = (value: unknown, files: Blob[], codec?: Serializer): string =>
  new Canonical(files, codec).textOf(value, 0)

/**
 * The depth to which values are compared. Without this limit, a deeply nested value could overflow the stack.
 */
const maxDepth = 200
/**
 * The maximum length of an object's text. A longer text is replaced by its hash, so that repeated objects
 * need little memory.
 */
const maxLength = 4_096

class Canonical {
  readonly #files: Blob[]
  readonly #codec: Serializer | undefined
  /** Caches each object's text, because an object can occur several times, or contain itself. */
  readonly #known = new Map<object, string>()

  constructor(files: Blob[], codec?: Serializer) {
    this.#files = files
    this.#codec = codec
  }

  textOf(value: unknown, depth: number): string {
    if (typeof value !== 'object' || value === null) return primitive(value)
    const known = this.#known.get(value)
    if (known !== undefined) return known
    if (depth > maxDepth) return 'nested'
    this.#known.set(value, `itself:${depth}`)
    const text = shortened(this.#read(value, depth))
    this.#known.set(value, text)
    return text
  }

  /** Returns the object's text. Never throws, even though a getter, a proxy or a `toJSON` can throw. */
  #read(value: object, depth: number): string {
    try {
      return this.#objectText(value, (part) => this.textOf(part, depth + 1))
    } catch {
      return 'unreadable'
    }
  }

  #objectText(value: object, of: (part: unknown) => string): string {
    if (Array.isArray(value)) return `[${Array.from(value, of).join()}]`
    if (isPlainObject(value)) return fields(value, of)
    if (types.isDate(value)) return `date:${value.getTime()}`
    if (types.isMap(value))
      return `map:${sorted([...value].map(([name, item]) => `${of(name)}:${of(item)}`))}`
    if (types.isSet(value)) return `set:${sorted([...value].map(of))}`
    if (types.isAnyArrayBuffer(value)) return `bytes:${sha256(new Uint8Array(value))}`
    if (ArrayBuffer.isView(value)) return `${tagOf(value)}:${sha256(bytesOf(value))}`
    if (types.isRegExp(value)) return `regexp:${value}`
    if (types.isNativeError(value)) return `error:${of([value.name, value.message, value.cause])}`
    if (types.isBoxedPrimitive(value)) return of(value.valueOf())
    if (value instanceof URL) return `url:${value.href}`
    if (value instanceof Blob) return this.#fileText(value)
    if (value instanceof FormData || value instanceof URLSearchParams || value instanceof Headers) {
      return `${tagOf(value)}:${of([...value])}`
    }
    return isReadOnce(value) ? 'read once' : this.#instanceText(value, of)
  }

  #fileText(file: Blob): string {
    this.#files.push(file)
    const name = 'name' in file ? file.name : null
    return `file:${JSON.stringify([name, file.type, file.size])}`
  }

  /** Returns the text of an instance of an unknown class. */
  #instanceText(value: object, of: (part: unknown) => string): string {
    if (this.#codec) {
      const serialized = attempt(() => this.#codec?.serialize(value))
      // Read the serialized form without the codec, because the serialized form can contain the instance
      // itself.
      if (serialized !== undefined) return `serialized:${canonicalText(serialized, this.#files)}`
    }
    if ('toJSON' in value && typeof value.toJSON === 'function') return `json:${of(value.toJSON())}`
    return fields(value, of)
  }
}

function primitive(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return shortened(JSON.stringify(value))
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'function'
    default:
      return String(value)
  }
}

function fields(value: object, of: (part: unknown) => string): string {
  const given = Object.entries(value).filter(([, field]) => field !== undefined)
  given.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${given.map(([name, field]) => `${JSON.stringify(name)}:${of(field)}`).join()}}`
}

const sorted = (texts: string[]) => `{${texts.sort().join()}}`

/**
 * Returns whether the value is a stream, an iterator or a promise. Their content can't be read in advance.
 */
const isReadOnce = (value: object) =>
  Symbol.asyncIterator in value || 'then' in value || (Symbol.iterator in value && 'next' in value)

const tagOf = (value: object) => Object.prototype.toString.call(value)

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength)

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

const shortened = (text: string) => (text.length > maxLength ? `#${sha256(text)}` : text)

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
