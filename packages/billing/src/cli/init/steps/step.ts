import type { Edit, Import } from '../edits.ts'

/** A new file. */
export interface NewFile {
  path: string
  text: string
}

/** One change to the app. */
export type Step = { title: string } & (
  | { state: 'edit'; edits: Edit[]; imports: Import[]; newFiles?: NewFile[] }
  | { state: 'done' }
  /** `reason` is a sentence that explains why the command can't make the change. */
  | { state: 'byHand'; reason: string; code: string }
)
