/** Where the page is served when nobody says where. */
export const PAGE_ADDRESS = '127.0.0.1:8808'
