import { z } from 'zod'

/** A name or slug as the platform takes it for meters and features: without the space around it, not empty, not long. */
export const label = z
  .string()
  .trim()
  .min(1, 'Field is required')
  .max(255, 'Field must be less than 255 characters')
