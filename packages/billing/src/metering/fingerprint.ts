import { createHash } from 'node:crypto'
import { canonicalText } from './canonicalText.ts'
import type { Codec } from './storedResult.ts'

/**
 * Returns the raw input's fingerprint, which distinguishes a retry from a different operation under the same
 * key. The fingerprint is a SHA-256 hash in hex. It covers the content of files, but not the order of fields.
 *
 * Never fails. Inputs have the same fingerprint if they differ only in parts that can't be compared, such as
 * a stream or a private field.
 *
 * `codec` serializes instances of an app's own classes. Without a codec, the fingerprint covers the
 * instances' fields.
 */
export async function fingerprint(rawInput: unknown, codec?: Pick<Codec, 'serialize'>): Promise<string> {
  const files: Blob[] = []
  const hash = createHash('sha256').update(canonicalText(rawInput, files, codec))
  for (const file of files) {
    try {
      for await (const chunk of file.stream()) hash.update(chunk)
    } catch {
      // The file has been deleted or changed. The file's name, type and size are already part of the hash.
    }
  }
  return hash.digest('hex')
}
