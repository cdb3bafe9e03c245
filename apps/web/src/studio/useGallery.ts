import { trpc } from '../api/trpc.ts'

export const galleryInput = { limit: 24 }

/** Returns the user's own pictures, newest first. */
export const useGallery = () =>
  trpc.studio.gallery.useInfiniteQuery(galleryInput, { getNextPageParam: (page) => page.cursor })
