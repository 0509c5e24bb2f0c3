// SPDX-License-Identifier: MIT
// Functions of the C library that OpenSSL refers to and minhttps never calls: shared objects are not loaded, names are
// not looked up. With these here the linker leaves theirs out, with all that they would bring.

extern "C" {

void* dlopen(const char*, int) { return nullptr; }
void* dlsym(void*, const char*) { return nullptr; }
int dlclose(void*) { return -1; }
char* dlerror() { return nullptr; }
int dladdr(const void*, void*) { return 0; }
int getaddrinfo(const char*, const char*, const void*, void**) { return -4; } // EAI_FAIL of netdb.h
void freeaddrinfo(void*) {}
const char* gai_strerror(int) { return ""; }
int getnameinfo(const void*, unsigned, char*, unsigned, char*, unsigned, int) { return -4; }
void* gethostbyname(const char*) { return nullptr; }
}
