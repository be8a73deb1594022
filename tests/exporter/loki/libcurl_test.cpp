// SPDX-License-Identifier: MIT
#include "exporter/loki/libcurl.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace exporter {
namespace {

using testing::HasSubstr;

TEST(LibcurlTest, IsTheOneOfTheHeaders) {
    const auto& curl = libcurl();
    ASSERT_TRUE(curl) << curl.error().message;
    EXPECT_EQ(&curl, &libcurl());
    EXPECT_STREQ(curl->easy_strerror(CURLE_OK), "No error");
}

TEST(LibcurlTest, SaysThatThereIsNone) {
    const auto curl = load_libcurl("libcurl.so.0");
    ASSERT_FALSE(curl);
    EXPECT_THAT(curl.error().message, HasSubstr("cannot load libcurl: libcurl.so.0: cannot open"));
}

TEST(LibcurlTest, SaysWhatALibraryLacks) {
    const auto curl = load_libcurl("libz.so.1");
    ASSERT_FALSE(curl);
    EXPECT_THAT(curl.error().message, HasSubstr("cannot use libz.so.1: it has no curl_"));
}

}  // namespace
}  // namespace exporter
