'use server'

import type { ReactNode } from 'react'
import { explain } from '~/explain'
import { createCaller } from '~/trpc/router'

interface Drawn {
  title?: string
  problem?: ReactNode
}

export async function drawAction(_previous: Drawn, form: FormData): Promise<Drawn> {
  try {
    return await (await createCaller()).draw({ prompt: String(form.get('prompt')) })
  } catch (error) {
    return { problem: explain(error) }
  }
}
