import { type InfiniteData, type QueryClient, useInfiniteQuery } from '@tanstack/react-query'
import { type Api, useApi } from '../api.ts'

type Page = Awaited<ReturnType<Api['studio']['gallery']['query']>>
export type Picture = Page['pictures'][number]

const queryKey = ['gallery']
const pageSize = 24

/** A person's own pictures, newest first. */
export function useGallery() {
  const api = useApi()
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      api.studio.gallery.query(
        { limit: pageSize, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.cursor,
  })
}

/** Hangs new pictures in front, without asking for the gallery again; one that is there already stays where it is. */
export function hang(queryClient: QueryClient, pictures: Picture[]): void {
  queryClient.setQueryData<InfiniteData<Page, string | null>>(queryKey, (gallery) => {
    const [first, ...rest] = gallery?.pages ?? []
    if (gallery === undefined || first === undefined) return gallery
    const known = new Set(first.pictures.map(({ id }) => id))
    const added = pictures.filter(({ id }) => !known.has(id))
    return { ...gallery, pages: [{ ...first, pictures: [...added, ...first.pictures] }, ...rest] }
  })
}
