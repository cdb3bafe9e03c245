import * as testPostgres from 'test-postgres'

export const startPostgres = (flags: string[] = []) => testPostgres.startPostgres({ flags })
