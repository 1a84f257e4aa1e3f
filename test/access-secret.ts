/** What servers of tests keep access keys under, as `openssl rand -base64 32` gave it. */
export const ACCESS_SECRET = 'q0Yk9f3mXb7dT1sVhLw2Zc8RnJ5uPgE4aKoQxHiMtD0=';
